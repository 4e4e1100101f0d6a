"""The annotation's content as a JSON Schema, for editors and pipelines (D30). Pure.

It holds what the parser holds, made of the parser's own constants. What no schema can say stands
in the descriptions, under `UNSAID`. https://json-schema.org/draft/2020-12
"""

from collections.abc import Collection

from initsync.annotation import entry, metadataschema, ownfields, plain, tree, values
from initsync.annotation.metadataschema import Schema, whole
from initsync.annotation.request import Providers
from initsync.words import keys, rules, secrettypes
from initsync.words.model import FORMATS, WHOLE

UNSAID = (
    "provider has a rule of its own for path, for version, and for the fields that it alone has",
    "a key of the Secret is given once, by keys or by values, of all entries with its secretName",
    "entries with one secretName say the same type, and the same of each label and annotation",
    "a type has the keys that Kubernetes wants of it",
    "the one name in keys is not renamed where format is text or binary",
    "no field is there twice, and there is no alias (*) and no tag of another type than a string",
    f"the text is at most {rules.ANNOTATION_LIMIT} bytes, of at most {tree.NODES} names and values "
    f"and {tree.REFERENCES} references",
)
"""What the parser holds, too."""
_DESCRIPTION = (
    "Which secrets of a cloud a pod gets, and as which Kubernetes Secrets: one entry, or a list of "
    "entries under secrets. No schema can say, but it holds, too: " + "; ".join(UNSAID) + "."
)


def document(providers: Providers) -> Schema:
    """The schema, where `providers` are those that an entry may name."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"The annotation {keys.ANNOTATION}",
        "description": _DESCRIPTION,
        "oneOf": [{"$ref": "#/$defs/entry"}, {"$ref": "#/$defs/list"}],
        "$defs": {"entry": _entry(providers), "list": _list(), "key": _key()},
    }


def _list() -> Schema:
    entries = {
        "title": "Entries",
        "description": "An entry for each cloud secret. All are tried, and a failure of one keeps "
        "no other from being written. Entries with one secretName fill one Secret together.",
        "type": "array",
        "minItems": 1,
        "maxItems": plain.MOST,
        "items": {"$ref": "#/$defs/entry"},
    }
    return {
        "title": "A list of entries",
        "description": "Several cloud secrets, or several Secrets.",
        "type": "object",
        "required": [plain.LIST],
        "properties": {plain.LIST: entries},
        "additionalProperties": False,
    }


def _entry(providers: Providers) -> Schema:
    fields = _required(providers.names()) | _read() | _chosen() | _form()
    own = ownfields.by_name(providers)
    return {
        "title": "An entry",
        "description": "One cloud secret, and the Kubernetes Secret that is made of it.",
        "type": "object",
        "required": list(entry.REQUIRED),
        "properties": {name: fields[name] for name in (*entry.REQUIRED, *entry.OPTIONAL)}
        | {name: ownfields.schema(having) for name, having in own.items()},
        "additionalProperties": False,
        "allOf": [_one_name(), _not_nothing(), *ownfields.conditions(own)],
    }


def _required(providers: Collection[str]) -> Schema:
    return {
        "provider": {
            "title": "Provider",
            "description": "Where the secret is.",
            "type": "string",
            "enum": sorted(providers),
        },
        "path": {
            "title": "Path",
            "description": "The secret's name there, as its provider has it: of AWS Secrets "
            "Manager its name or its ARN. What a name may be, the provider decides.",
            "type": "string",
            "pattern": r"\S",
        },
        "secretName": {
            "title": "Name of the Secret",
            "description": "That of the Kubernetes Secret, which is in the pod's own namespace.",
            "type": "string",
            "pattern": whole(rules.SUBDOMAIN.pattern),
            "maxLength": rules.NAME_LIMIT,
        },
    }


def _read() -> Schema:
    return {
        "version": {
            "title": "Version",
            "description": "Which version of the secret is read; by default the current one. It "
            "is the provider's own name of one: of AWS Secrets Manager a VersionId (32 to 64 "
            "characters) or a stage, such as AWSPREVIOUS.",
            "type": ["string", "number", "boolean"],
            "minLength": 1,
        },
        "format": {
            "title": "Format",
            "description": "How the secret is read: as the keys and values of a JSON object, as "
            "lines NAME=value (dotenv), or as one value of text or of bytes (text, binary), for "
            "which keys has the one name under which it is kept.",
            "type": "string",
            "enum": list(FORMATS),
            "default": FORMATS[0],
        },
    }


def _chosen() -> Schema:
    renamed = {
        "title": "NAME: KEY",
        "description": "A name in the secret, or a JSON Pointer (RFC 6901) into it, which begins "
        "with a slash; and the key under which its value is kept in the Secret.",
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": {"pattern": whole(r"[^/][\s\S]*|/([^~]|~[01])*")},
        "additionalProperties": {"$ref": "#/$defs/key"},
    }
    return {
        "keys": {
            "title": "Keys",
            "description": "What is taken of the secret; by default each name at its top level. "
            "An empty list takes nothing: then values make the Secret.",
            "type": "array",
            "items": {"anyOf": [{"$ref": "#/$defs/key"}, renamed]},
        },
        "values": {
            "title": "Values",
            "description": "Keys that are put together, beside those of keys: a text in which "
            "${NAME} is a value of the secret, ${/POINTER} one deeper in it, and $${ a literal "
            "${. Filters come behind the name, such as ${NAME|uri}: "
            f"{', '.join(values.FILTERS)}.",
            "type": "object",
            "propertyNames": {"$ref": "#/$defs/key"},
            "additionalProperties": _template(),
        },
    }


def _form() -> Schema:
    return {
        "type": {
            "title": "Type of the Secret",
            "description": "That of the Kubernetes Secret; a stored one never changes its type.",
            "type": "string",
            "enum": list(secrettypes.TYPES),
            "default": secrettypes.TYPES[0],
        },
        "labels": metadataschema.labels(),
        "annotations": metadataschema.annotations(),
    }


def _key() -> Schema:
    return {
        "title": "A key of a Secret",
        "description": "Letters, digits, '-', '_' and '.', but not '.' and not '..' first; as an "
        "item of keys the name in the secret, too.",
        "type": "string",
        "pattern": whole(rules.KEY.pattern),
        "maxLength": rules.KEY_LIMIT,
        "not": {"pattern": r"^\.(\.|$)"},
    }


def _template() -> Schema:
    """As `values.parse` has it: of a run of two and more `$` before a `{` the last two are one."""
    name = r"([^\s|}$/]|\$+[^|}${])([^|}$]|\$+[^|}${])*\$*|\$+"
    pointer = r"/([^|}$~]|~[01]|\$+([^|}${~]|~[01]))*\$*"
    reference = rf"\$\{{\s*({name}|{pointer})(\|\s*({'|'.join(values.FILTERS)})\s*)*\}}"
    return {
        "title": "A value",
        "description": "Text with ${NAME|FILTER} in it.",
        "type": "string",
        "pattern": whole(rf"([^$]|\$+[^${{]|\$\$+\{{|{reference})*\$*"),
    }


def _one_name() -> Schema:
    """The JSON Schema of an entry whose format has no names (D34)."""
    return {
        "if": {"required": ["format"], "properties": {"format": {"enum": list(WHOLE)}}},
        "then": {"required": ["keys"], "properties": {"keys": {"minItems": 1, "maxItems": 1}}},
    }


def _not_nothing() -> Schema:
    """No keys at all, and no values, make no Secret."""
    return {
        "if": {"required": ["keys"], "properties": {"keys": {"maxItems": 0}}},
        "then": {"required": ["values"], "properties": {"values": {"minProperties": 1}}},
    }
