"""What a pod's author chooses about its injected container, and which choices have no effect. Pure.

A choice that cannot be is left out: the pod then has what the platform chose, and a warning.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from initsync.annotation import choices, quantity
from initsync.words import keys
from initsync.words.wording import shown

KINDS = ("cpu", "memory")


def sidecar(pod: Mapping[str, Any]) -> bool:
    """Whether the pod asks for one; of an unknown mode the container itself tells."""
    return _annotations(pod).get(keys.MODE) == keys.SIDECAR


def user(pod: Mapping[str, Any]) -> int | None:
    """The UID, where it is one and not root's."""
    return choices.number(_annotations(pod).get(keys.RUN_AS_USER, ""), 2**31)


def left_out(pod: Mapping[str, Any], name: str) -> bool:
    """Whether the pod wants that field of our container not to be set."""
    return _annotations(pod).get(name) == keys.LEFT_OUT


def metrics_port(pod: Mapping[str, Any]) -> int | None:
    """The port, where it can be had."""
    port = choices.number(_annotations(pod).get(keys.METRICS_PORT, ""), 2**16)
    return None if port in _taken(pod) else port


def amount(pod: Mapping[str, Any], kind: str) -> str | None:
    """Of CPU or memory, where it is a quantity above zero.

    Limits of the whole pod bind its containers too: there nothing is asked for.
    """
    asked = _annotations(pod).get(keys.PREFIX + kind)
    usable = asked is not None and quantity.value(asked) and not as_a_whole(pod)
    return asked if usable else None


def as_a_whole(pod: Mapping[str, Any]) -> bool:
    """Whether the pod's own resources, not its containers', make its QoS class and its limits.

    https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/
    """
    given = pod["spec"].get("resources") or {}
    return bool(given.get("limits") or given.get("requests"))


def ignored(pod: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each annotation that has no effect in this pod."""
    annotations = _annotations(pod)
    alone = (keys.RUN_AS_USER, keys.SECCOMP_PROFILE, keys.PLACE)
    for name in (*(keys.PREFIX + kind for kind in KINDS), *alone):
        if name in annotations and (why := _ignored(pod, name, annotations[name])):
            yield f"annotation {name} is ignored: {why}"
    for name in (keys.REFRESH_INTERVAL, keys.METRICS_PORT):
        if name in annotations and not sidecar(pod):
            yield f"annotation {name} is ignored: it is for {keys.MODE}: sidecar"
    if sidecar(pod) and keys.METRICS_PORT in annotations and metrics_port(pod) is None:
        rule = f"{choices.PORT}, that no container of the pod has"
        yield f"annotation {keys.METRICS_PORT} is ignored: it {rule}"
    for part in ("annotation", "label"):
        text = (pod["metadata"].get(f"{part}s") or {}).get(keys.INJECT, "true")
        if choices.problem(keys.INJECT, text):
            yield f"{part} {keys.INJECT} is ignored: it {choices.INJECT}"


def _ignored(pod: Mapping[str, Any], name: str, text: str) -> str:
    if name in (keys.CPU, keys.MEMORY) and as_a_whole(pod):
        return "the pod has resources as a whole, and they bind its containers too"
    if name == keys.PLACE:
        names = {container["name"] for container in pod["spec"].get("initContainers") or []}
        found = text in {"first", "last", *names}
        return "" if found else f"it is {shown(text)}, but {choices.PLACE}"
    rule = choices.problem(name, text)
    return f"it {rule}" if rule else ""


def _annotations(pod: Mapping[str, Any]) -> Mapping[str, str]:
    return pod["metadata"].get("annotations") or {}


def _taken(pod: Mapping[str, Any]) -> set[int]:
    """Ports of the pod's containers: ours starts first, and would take one from its app."""
    spec = pod["spec"]
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    return {
        port.get("containerPort")
        for found in containers
        if found["name"] != keys.CONTAINER
        for port in found.get("ports") or []
    }
