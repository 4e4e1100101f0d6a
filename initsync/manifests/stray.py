"""JASM's annotation in a manifest, where no pod is seen that would get it. Pure."""

from collections.abc import Iterator

from initsync.manifests import documents
from initsync.manifests.tree import ListNode, MapNode, Node
from initsync.manifests.workloads import Workload, has_pod, named, objects
from initsync.words import keys


def strays(text: str) -> Iterator[tuple[Workload, int]]:
    """The objects that have it, with the lines of its values. Raises NotYaml.

    All of the text is kept in memory meanwhile: for one that has it on more than known pods.
    """
    for root in documents.documents(text, lambda _: True):
        for found, kind in objects(root):
            if not has_pod(found, kind):
                yield from ((named(found, kind), value.line) for value in _values(found))


def _values(root: Node) -> Iterator[Node]:
    """Each once, however often it is aliased."""
    waiting, met = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in met:
            continue
        met.add(id(node))
        if isinstance(node, MapNode):
            if value := node.fields.get(keys.ANNOTATION):
                yield value
            waiting += node.fields.values()
        elif isinstance(node, ListNode):
            waiting += node.items
