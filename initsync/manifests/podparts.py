"""The parts of a pod in a manifest that say who takes which Secret, in a pod's own form. Pure."""

from collections.abc import Iterator
from typing import Any

from initsync.manifests.paths import lookup
from initsync.manifests.tree import ListNode, Node, ScalarNode
from initsync.words.model import JsonObject

# A shape: "" a string, a list of one shape, a map of shapes, a kind of YAML's with its reader.
_TEXT, _FIRST = "", "first"
_NUMBER, _SWITCH = (
    ("int", lambda text: int(text) if text.isdigit() else None),
    ("bool", lambda text: text.lower() in ("true", "yes", "on")),  # YAML 1.1's
)
_NAMED = {"name": _TEXT}
_ENTRY = {"name": _TEXT, "value": _TEXT, "valueFrom": {"secretKeyRef": _NAMED}}
_CONTAINER = {
    **{"name": _TEXT, "restartPolicy": _TEXT, "command": _FIRST},
    **{"env": [_ENTRY], "envFrom": [{"secretRef": _NAMED}]},
    "volumeMounts": [{"name": _TEXT, "mountPath": _TEXT, "subPath": _TEXT, "subPathExpr": _TEXT}],
    "ports": [{"containerPort": _NUMBER}],
    "securityContext": {"runAsUser": _NUMBER},
}
_BY_REFERENCE = ("cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos")
_VOLUME = {
    "name": _TEXT,
    "secret": {"secretName": _TEXT},
    "projected": {"sources": [{"secret": _NAMED}]},
    "azureFile": {"secretName": _TEXT},
    "csi": {"nodePublishSecretRef": _NAMED},
    **{kind: {"secretRef": _NAMED} for kind in _BY_REFERENCE},
}
_SPEC = {
    **{"containers": [_CONTAINER], "initContainers": [_CONTAINER]},
    **{"volumes": [_VOLUME], "imagePullSecrets": [_NAMED]},
    **{"shareProcessNamespace": _SWITCH, "securityContext": {"runAsUser": _NUMBER}},
}


def spec(node: Node | None) -> JsonObject:
    """The known parts of a pod's `spec`; what has another form than a pod's is left out."""
    found: JsonObject = _shaped(node, _SPEC)
    return found


def _shaped(node: Node | None, shape: Any) -> Any:
    if isinstance(shape, dict):
        return {key: _shaped(there, inner) for key, inner, there in _fields(node, shape)}
    if isinstance(shape, list):
        items = node.items if isinstance(node, ListNode) else []
        return [_shaped(item, shape[0]) for item in items]
    if shape == _FIRST:
        return [node.first if isinstance(node, ListNode) else ""]
    if isinstance(shape, tuple):
        kind, read = shape
        return read(node.text) if isinstance(node, ScalarNode) and node.kind == kind else None
    return node.text if isinstance(node, ScalarNode) and node.kind == "str" else ""


def _fields(node: Node | None, shape: dict[str, Any]) -> Iterator[tuple[str, Any, Node | None]]:
    """The fields of the shape that are there, and every string."""
    for key, inner in shape.items():
        there = lookup(node, key)
        if there is not None or inner == _TEXT:
            yield key, inner, there


def _names(shape: Any) -> Iterator[str]:
    if isinstance(shape, dict):
        yield from shape
        for inner in shape.values():
            yield from _names(inner)
    elif isinstance(shape, list):
        yield from _names(shape[0])


FIELDS = frozenset(_names(_SPEC))
"""The names of all fields that are read."""
