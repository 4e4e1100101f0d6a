"""The part of the annotation's JSON Schema about labels and annotations of the Secret. Pure."""

from collections.abc import Callable
from typing import Any

from initsync.words import keys, rules

Schema = dict[str, Any]
# Kubernetes takes capitals in the prefixes of annotations.
_PREFIX = rules.SUBDOMAIN.pattern.replace("a-z", "A-Za-z")


def labels() -> Schema:
    """The JSON Schema of an entry's `labels`."""
    found = _metadata("Labels", rules.SUBDOMAIN.pattern, _literal)
    found["additionalProperties"]["pattern"] = whole(rf"({rules.QUALIFIED.pattern})?")
    return found


def _metadata(title: str, prefix: str, written: Callable[[str], str]) -> Schema:
    """`written` makes a pattern of a name of JASM's own."""
    ours = f"{written(keys.PREFIX)}|{written(keys.MANAGED_BY)}$"
    return {
        "title": title,
        "description": f"{title} of the Secret. {keys.MANAGED_BY} and those under {keys.PREFIX} "
        "are JASM's own. One that is named here no more goes.",
        "type": "object",
        "propertyNames": {
            "pattern": whole(rf"({prefix}/)?{rules.QUALIFIED.pattern}"),
            "not": {"pattern": f"^({ours}|[^/]{{{rules.NAME_LIMIT + 1}}})"},
        },
        "additionalProperties": {
            "title": title[:-1],
            "description": "Its value.",
            "type": "string",
        },
    }


def annotations() -> Schema:
    """The JSON Schema of an entry's `annotations`."""
    return _metadata("Annotations", _PREFIX, _any_case)


def whole(pattern: str) -> str:
    """The pattern that fits a text as a whole; it has no lookahead, which some validators lack."""
    return f"^({pattern})$"


def _literal(text: str) -> str:
    return text.replace(".", r"\.")


def _any_case(text: str) -> str:
    return "".join(f"[{it}{it.upper()}]" if it.islower() else _literal(it) for it in text)
