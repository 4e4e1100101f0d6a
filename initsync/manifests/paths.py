"""What stands where in a `tree`, merge keys (`<<`) included. Pure.

https://yaml.org/type/merge.html
"""

from collections.abc import Iterator

from initsync.manifests.documents import NotYaml
from initsync.manifests.tree import ListNode, MapNode, Node

MERGES = 100
"""Maps that one look-up goes through by merge keys."""


def names(node: Node | None) -> Iterator[str]:
    """The fields that a map has of its own, and by merge keys (`<<`). Raises NotYaml."""
    waiting, seen = [node], {"<<"}
    for _ in range(MERGES):
        if not waiting:
            return
        current = waiting.pop()
        if isinstance(current, MapNode):
            yield from [name for name in current.fields if name not in seen]
            seen |= current.fields.keys()
            waiting += reversed(_merged(current))
    raise _too_many(node)


def lookup(node: Node | None, *path: str) -> Node | None:
    """What is below `node` at these keys, merge keys (`<<`) included. Raises NotYaml."""
    for key in path:
        node = _field(node, key)
    return node


def _field(node: Node | None, key: str) -> Node | None:
    waiting = [node]
    for _ in range(MERGES):
        if not waiting:
            return None
        current = waiting.pop()
        if isinstance(current, MapNode):
            if key in current.fields:
                return current.fields[key]
            waiting += reversed(_merged(current))
    raise _too_many(node)


def _too_many(node: Node | None) -> NotYaml:
    return NotYaml(f"more than {MERGES} maps are merged (<<) into one", node.line if node else 1)


def _merged(node: MapNode) -> list[Node]:
    """A map, or a list of maps of which the earlier wins."""
    merge = node.fields.get("<<")
    if isinstance(merge, ListNode):
        return merge.items[:MERGES]
    return [merge] if merge else []
