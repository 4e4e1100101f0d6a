"""What an entry may say beside provider, path and secretName (D32 to D35). Pure."""

from collections.abc import Collection, Mapping

from initsync.annotation import keys, metadata, values
from initsync.annotation.plain import FIELDS, Field
from initsync.annotation.request import OwnField, Providers
from initsync.annotation.tree import MapNode, Node, Other, text
from initsync.words import rules, secrettypes
from initsync.words.errors import AnnotationError
from initsync.words.model import FORMATS, WHOLE, Form, Selection, SyncRequest

REQUIRED = FIELDS
OPTIONAL = ("version", "format", "keys", "values", "type", "labels", "annotations")
_ONE_NAME = "must be a list of one name, under which the whole is kept"


def own_fields(nodes: Mapping[str, Node], providers: Providers) -> Mapping[str, OwnField]:
    """The fields that only entries of this provider may have; none of an unknown provider."""
    named = nodes.get("provider")
    if not isinstance(named, Field) or not providers.supports(named.value):
        return {}
    return providers.fields(named.value)


def refuse_unknown(node: MapNode, place: str, own: Collection[str]) -> None:
    """Raise AnnotationError for a field that no entry of this provider has."""
    known = (*REQUIRED, *OPTIONAL, *own)
    for name, _ in node.members:
        if name.value not in known:
            from initsync.annotation import unknown  # only on this way out: 4 ms

            there = {field.value for field, _ in node.members}
            offered = known if place or there & {*known} else (*known, "secrets")
            problem = unknown.problem(name.value, offered, there)
            raise AnnotationError(f"{place and f'{place[:-1]}: '}{problem}", name.line)


def with_options(
    request: SyncRequest, nodes: Mapping[str, Node], providers: Providers, place: str
) -> SyncRequest:
    """The request with its optional fields. Raises AnnotationError."""
    selection = Selection(
        _version(request.provider, nodes.get("version"), providers, place),
        _one_of(nodes.get("format"), f"{place}format", FORMATS),
        keys.of(nodes.get("keys"), f"{place}keys"),
        _values(nodes.get("values"), f"{place}values"),
    )
    _check_names(selection, nodes, place)
    form = Form(
        _one_of(nodes.get("type"), f"{place}type", secrettypes.TYPES),
        metadata.labels(nodes.get("labels"), f"{place}labels"),
        metadata.annotations(nodes.get("annotations"), f"{place}annotations"),
    )
    return request._replace(selection=selection, form=form)


def with_own(
    request: SyncRequest, nodes: Mapping[str, Node], own: Mapping[str, OwnField], place: str
) -> SyncRequest:
    """The request with what the fields of its provider alone say. Raises AnnotationError."""
    said = []
    for name in sorted(nodes.keys() & own.keys()):
        found = text(nodes[name], f"{place}{name}")
        if rule := own[name].problem(found.value) if found.value else "must have text":
            raise AnnotationError.field(f"{place}{name}", found.value, rule, found.line)
        said.append((name, found.value))
    return request._replace(selection=request.selection._replace(options=tuple(said)))


def _version(provider: str, node: Node | None, providers: Providers, place: str) -> str:
    """A number is a text here: it is what Vault and GCP call their versions. So is what else YAML
    reads in a word; null is a value that nobody set."""
    if node is None:
        return ""
    if isinstance(node, Other) and node.kind not in ("", "null"):
        node = Field(node.value, node.line)
    version = text(node, f"{place}version")
    rule = providers.check_version(provider, version.value) if version.value else "must have text"
    if rule:
        raise AnnotationError.field(f"{place}version", version.value, rule, version.line)
    return version.value


def _one_of(node: Node | None, name: str, known: tuple[str, ...]) -> str:
    """The field's text, one of `known`; the first of them by default."""
    if node is None:
        return known[0]
    found = text(node, name)
    if found.value not in known:
        rule = f"must be one of: {', '.join(known)}"
        raise AnnotationError.field(name, found.value, rule, found.line)
    return found.value


def _values(node: Node | None, name: str) -> tuple[tuple[str, str], ...]:
    if node is None:
        return ()
    if not isinstance(node, MapNode):
        raise AnnotationError(f"{name} must be a map of keys and templates", node.line)
    found = []
    for key, template in node.members:
        if rule := rules.key_problem(key.value):
            raise AnnotationError(f"{name}: key {key.value[:253]!a} {rule}", key.line)
        written = text(template, f"{name}.{key.value}")
        try:
            values.parse(written.value)
        except values.TemplateError as error:
            raise AnnotationError(f"{name}.{key.value} {error}", written.line) from None
        found.append((key.value, written.value))
    return tuple(found)


def _check_names(selection: Selection, nodes: Mapping[str, Node], place: str) -> None:
    chosen = selection.keys
    line = nodes["keys"].line if "keys" in nodes else 0
    if selection.format in WHOLE and (
        chosen is None or len(chosen) != 1 or chosen[0].source != chosen[0].name
    ):
        raise AnnotationError(f"{place}keys {_ONE_NAME} (format {selection.format})", line)
    names = [key.name for key in chosen or ()] + [name for name, _ in selection.values]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise AnnotationError(f"{place}keys and values give {name!a} twice", line)
        seen.add(name)
    if chosen is not None and not names:
        raise AnnotationError(f"{place}keys takes nothing, and there are no values", line)
