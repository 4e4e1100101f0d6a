"""What a pod's author chooses about its injected container, and which choices have no effect. Pure.

A choice that cannot be is left out: the pod then has what the platform chose, and a warning.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from initsync import keys, quantity, rules
from initsync.wording import shown

KINDS = ("cpu", "memory")

_QUANTITY = "must be a quantity above zero, such as 100m or 64Mi"
_PLACE = "must be first, last, or the name of an init container"
_USER = "must be a UID above 0, such as 1337"
_PORT = "must be a port, 1 to 65535"
_INJECT = 'must be "true" or "false"'


def sidecar(pod: Mapping[str, Any]) -> bool:
    """Whether the pod asks for one; of an unknown mode the container itself tells."""
    return _annotations(pod).get(keys.MODE) == keys.SIDECAR


def user(pod: Mapping[str, Any]) -> int | None:
    """The UID, where it is one and not root's."""
    return _number(_annotations(pod).get(keys.RUN_AS_USER, ""), 2**31)


def metrics_port(pod: Mapping[str, Any]) -> int | None:
    """The port, where it can be had."""
    port = _number(_annotations(pod).get(keys.METRICS_PORT, ""), 2**16)
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


_RULES: Mapping[str, tuple[str, Callable[[str], object]]] = {
    keys.INJECT: (_INJECT, lambda text: text in ("true", "false")),
    keys.PLACE: (_PLACE, lambda text: rules.label_problem(text) is None),
    keys.RUN_AS_USER: (_USER, lambda text: _number(text, 2**31)),
    keys.CPU: (_QUANTITY, quantity.value),
    keys.MEMORY: (_QUANTITY, quantity.value),
    keys.METRICS_PORT: (_PORT, lambda text: _number(text, 2**16)),
}


NAMES = _RULES.keys()
"""The annotations that the injector alone reads."""


def problem(name: str, text: str) -> str | None:
    """The rule that an annotation of NAMES breaks in whatever pod it is."""
    rule, holds = _RULES.get(name, ("", bool))
    return None if not rule or holds(text) else rule


def ignored(pod: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each annotation that has no effect in this pod."""
    annotations = _annotations(pod)
    for name in (*(keys.PREFIX + kind for kind in KINDS), keys.RUN_AS_USER, keys.PLACE):
        if name in annotations and (why := _ignored(pod, name, annotations[name])):
            yield f"annotation {name} is ignored: {why}"
    for name in (keys.REFRESH_INTERVAL, keys.METRICS_PORT):
        if name in annotations and not sidecar(pod):
            yield f"annotation {name} is ignored: it is for {keys.MODE}: sidecar"
    if sidecar(pod) and keys.METRICS_PORT in annotations and metrics_port(pod) is None:
        rule = f"{_PORT}, that no container of the pod has"
        yield f"annotation {keys.METRICS_PORT} is ignored: it {rule}"
    if problem(keys.INJECT, annotations.get(keys.INJECT, "true")):
        yield f"annotation {keys.INJECT} is ignored: it {_INJECT}"


def _ignored(pod: Mapping[str, Any], name: str, text: str) -> str:
    if name in (keys.CPU, keys.MEMORY) and as_a_whole(pod):
        return "the pod has resources as a whole, and they bind its containers too"
    if name == keys.PLACE:
        names = {container["name"] for container in pod["spec"].get("initContainers") or []}
        found = text in {"first", "last", *names}
        return "" if found else f"it is {shown(text)}, but {_PLACE}"
    rule = problem(name, text)
    return f"it {rule}" if rule else ""


def _annotations(pod: Mapping[str, Any]) -> Mapping[str, str]:
    return pod["metadata"].get("annotations") or {}


def _number(text: str, end: int) -> int | None:
    """A number from 1 up to `end`, that not included, without more digits than that."""
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(end))
    number = int(text) if digits else 0
    return number if 0 < number < end else None


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
