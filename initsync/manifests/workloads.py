"""JASM's annotations in Kubernetes manifests, each with the place where it stands. Pure."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from initsync.annotation.check import ANNOTATIONS, KNOWN
from initsync.kube import kinds, podfields
from initsync.manifests import documents, podparts
from initsync.manifests.paths import lookup, names
from initsync.manifests.tree import ListNode, MapNode, Node, ScalarNode
from initsync.words import keys
from initsync.words.model import JsonObject

_ACCOUNT = ("serviceAccountName", "serviceAccount")  # the second is the first's old name
_WANTED = {
    *("kind", "items", "metadata", "name", "generateName", "namespace", "annotations"),
    *("spec", "template", "jobTemplate", "jobTargetRef", "labels", *_ACCOUNT),
    *podparts.FIELDS,
}


class Workload(NamedTuple):
    """An object whose pods JASM may serve."""

    kind: str
    namespace: str
    name: str
    """The name, or with `generateName` how the names start; both may be empty."""


class Located(NamedTuple):
    """An annotation of JASM on a workload."""

    workload: Workload
    name: str
    value: Node
    home: str
    """The field of the workload in which the annotation belongs."""
    misplaced: bool
    """It is on the workload's own metadata, and the pod has none."""
    account: str
    """The name of the pod's ServiceAccount."""
    pod: JsonObject
    """Its annotations of JASM, and those parts of its spec that `podparts` reads."""
    unquoted: dict[str, str]
    """The namespace and ServiceAccount that YAML reads as no string, as they are written."""
    part: str = "annotation"
    """That, or `label`: of the one that may be either."""
    earlier: int = 0
    """The line of a value that this one takes the place of; 0: there is none."""

    @property
    def managed_by(self) -> str:
        """JASM_MANAGED_BY of JASM's container by hand; empty where that has none."""
        return podfields.managed_by(self.pod)


def annotations(text: str, met: Callable[[str], None] = lambda _: None) -> Iterator[Located]:
    """The annotations of a manifest's text, YAML or JSON. Raises `documents.NotYaml` at the first
    problem, after what stands before it.

    `met` gets each field under JASM's prefix, of whatever map.
    """

    def wanted(field: str) -> bool:
        ours = field.startswith(keys.PREFIX)
        if ours:
            met(field)
        return ours or field in _WANTED

    for root in documents.documents(text, wanted):
        for found, kind in objects(root):
            yield from _of(found, kind)


def objects(root: Node) -> Iterator[tuple[Node, str]]:
    """The object with its kind, or those of a list, each once however often it is aliased."""
    waiting, seen = [(root, "")], set[int]()
    while waiting:
        found, within = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        kind = _text(found, "kind") or within
        items = lookup(found, "items")
        if kind.endswith("List") and isinstance(items, ListNode):
            waiting += [(item, kind.removesuffix("List")) for item in reversed(items.items)]
        else:
            yield found, kind


def _of(found: Node, kind: str) -> Iterator[Located]:
    path = kinds.pod_path(kind)
    if not has_pod(found, kind):
        return
    workload = named(found, kind)
    home = ".".join((*path, "metadata", "annotations"))
    outside = kinds.elsewhere(kind)
    accounts = (_text(found, *path, "spec", name) for name in _ACCOUNT)
    account = next(filter(None, accounts), "default")
    about = (account, _pod(found, path), _unquoted(found, path))
    for name in KNOWN:
        if value := _annotation(found, path, name):
            twice = _earlier(found, path, name)
            yield Located(workload, name, value, home, False, *about, earlier=twice)
            continue
        for other in outside if name in ANNOTATIONS else ():
            if value := _annotation(found, other, name):
                yield Located(workload, name, value, home, True, *about)
    for place in (path, *outside):
        if value := lookup(found, *place, "metadata", "labels", keys.INJECT):
            at = home.removesuffix("annotations") + "labels"
            yield Located(workload, keys.INJECT, value, at, place != path, *about, "label")
            break
    for place in (path, *outside):
        for name in _strange(found, place):
            if value := _annotation(found, place, name):
                yield Located(workload, name, value, home, place != path, *about)


def has_pod(found: Node, kind: str) -> bool:
    """Whether it is known where the object keeps its pod."""
    containers = lookup(found, *kinds.pod_path(kind), "spec", "containers")
    return kind in kinds.PODS or isinstance(containers, ListNode)


def named(found: Node, kind: str) -> Workload:
    """The object, by its kind and metadata."""
    return Workload(kind, _text(found, "metadata", "namespace"), _name(found))


def _earlier(found: Node, path: tuple[str, ...], name: str) -> int:
    there = lookup(found, *path, "metadata", "annotations")
    earlier = there.earlier if isinstance(there, MapNode) else None
    return earlier[name].line if earlier and name in earlier else 0


def _pod(found: Node, path: tuple[str, ...]) -> JsonObject:
    said = {name: _annotation(found, path, name) for name in KNOWN}
    annotations = {name: it.text for name, it in said.items() if isinstance(it, ScalarNode)}
    return {
        "metadata": {"annotations": annotations},
        "spec": podparts.spec(lookup(found, *path, "spec")),
    }


def _unquoted(found: Node, path: tuple[str, ...]) -> dict[str, str]:
    nodes = {name: lookup(found, *path, "spec", name) for name in _ACCOUNT}
    nodes["namespace"] = lookup(found, "metadata", "namespace")
    return {
        name: node.text
        for name, node in nodes.items()
        if isinstance(node, ScalarNode) and node.kind not in ("str", "null")
    }


def _annotation(found: Node, path: tuple[str, ...], name: str) -> Node | None:
    return lookup(found, *path, "metadata", "annotations", name)


def _strange(found: Node, path: tuple[str, ...]) -> Iterator[str]:
    """The names under JASM's prefix that it does not know."""
    for name in names(lookup(found, *path, "metadata", "annotations")):
        if name.startswith(keys.PREFIX) and name not in KNOWN:
            yield name


def _name(found: Node) -> str:
    return _text(found, "metadata", "name") or _text(found, "metadata", "generateName")


def _text(found: Node, *path: str) -> str:
    node = lookup(found, *path)
    return node.text if isinstance(node, ScalarNode) and node.kind == "str" else ""
