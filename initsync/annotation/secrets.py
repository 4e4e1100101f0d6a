"""The whole annotation (D30): one entry or a list of them, each with all that it may say."""

from collections.abc import Mapping

from initsync.annotation import entry, together, tree
from initsync.annotation.plain import LIST, MOST, Field
from initsync.annotation.request import Providers, of_fields
from initsync.annotation.tree import ListNode, MapNode, Node
from initsync.words.errors import AnnotationError
from initsync.words.model import PodRef, SyncRequest

_MANY = f"must have 1 to {MOST} entries"


def parse(text: str, pod: PodRef, providers: Providers) -> tuple[SyncRequest, ...]:
    """The requests of `text`. Raises AnnotationError and UnsupportedProvider."""
    root = tree.read(text)
    if LIST not in _by_name(root):
        return _checked((_request(root, pod, providers, ""),))
    listed = enumerate(_entries(root))
    return _checked(tuple(_entry(node, pod, providers, number) for number, node in listed))


def _entry(node: MapNode, pod: PodRef, providers: Providers, number: int) -> SyncRequest:
    """One of a list. What is wrong without a line of its own, as a field that lacks, has its."""
    try:
        return _request(node, pod, providers, f"{LIST}[{number}].")._replace(line=node.line)
    except AnnotationError as error:
        if error.line:
            raise
        raise AnnotationError(error.problem, node.line) from None


def _checked(found: tuple[SyncRequest, ...]) -> tuple[SyncRequest, ...]:
    together.check(found)
    return found


def asked(text: str) -> list[str]:
    """The Secrets' names in `text`, as far as they can be read. Raises AnnotationError."""
    root = tree.read(text)
    listed = _by_name(root).get(LIST)
    entries = listed.items if isinstance(listed, ListNode) else [root]
    names = [_by_name(it).get("secretName") for it in entries if isinstance(it, MapNode)]
    return [name.value for name in names if isinstance(name, Field) and name.value]


def _entries(root: MapNode) -> list[MapNode]:
    listed = _by_name(root)[LIST]
    if not isinstance(listed, ListNode):
        raise AnnotationError(f"{LIST} must be a list: begin each entry with '- '", listed.line)
    if not 0 < len(listed.items) <= MOST:
        raise AnnotationError(f"{LIST} has {len(listed.items)} entries, but {_MANY}", listed.line)
    for name, _ in root.members:
        if name.value != LIST:
            problem = f"must not stand beside {LIST}: write it into the entries"
            raise AnnotationError(f"field {name.value[:253]!a} {problem}", name.line)
    return [_map(node, f"{LIST}[{number}]") for number, node in enumerate(listed.items)]


def _map(node: Node, place: str) -> MapNode:
    if isinstance(node, MapNode):
        return node
    raise AnnotationError(f"{place} must have the fields provider, path, secretName", node.line)


def _request(node: MapNode, pod: PodRef, providers: Providers, place: str) -> SyncRequest:
    nodes = _by_name(node)
    own = entry.own_fields(nodes, providers)
    entry.refuse_unknown(node, place, own)
    required = {
        name: tree.text(found, f"{place}{name}")
        for name, found in nodes.items()
        if name in entry.REQUIRED
    }
    request = of_fields(required, pod, providers, place)
    request = entry.with_options(request, nodes, providers, place)
    return entry.with_own(request, nodes, own, place) if own else request


def _by_name(node: MapNode) -> Mapping[str, Node]:
    return {name.value: found for name, found in node.members}
