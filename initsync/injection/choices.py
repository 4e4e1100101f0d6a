"""What a pod's author chooses about its injected container, and which choices have no effect. Pure.

A choice that cannot be is left out: the pod then has what the platform chose, and a warning.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from initsync.annotation import choices, quantity
from initsync.annotation.onchange import EVICT, HTTP, SIGNAL
from initsync.kube import podfields, reach
from initsync.words import keys
from initsync.words.wording import shown

KINDS = ("cpu", "memory")


class Choices(NamedTuple):
    """All that a pod's author chooses, as far as it can be."""

    sidecar: bool
    """Whether the pod gets a sidecar. The container itself tells of an unknown mode."""
    waits: bool
    """Whether the pod gets `jasm-wait` alone."""
    user: int | None
    """The UID, where it is one and not root's."""
    no_user: bool
    """Whether our container is to have no user."""
    no_seccomp: bool
    """Whether our container is to have no seccomp profile."""
    metrics_port: int | None
    """The port of the sidecar's metrics, where it can be had."""
    evicts: bool
    """It asks for the pod's eviction after a change, and another pod follows."""
    tells: bool
    """It tells the app of a change, once the pod's volumes show it."""
    amounts: Mapping[str, str]
    """The quantities above zero, by kind."""
    as_a_whole: bool
    """The pod's own resources, not its containers', make its QoS class and its limits, which bind
    its containers too: there nothing is asked for.
    https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/
    """


def of(pod: Mapping[str, Any]) -> Choices:
    """All that the author of a pod chooses; a pod's is asked for once."""
    said, given = _annotations(pod), pod["spec"].get("resources") or {}
    whole = bool(given.get("limits") or given.get("requests"))
    port = choices.number(said.get(keys.METRICS_PORT, ""), 2**16)
    sidecar = said.get(keys.MODE) == keys.SIDECAR
    on_change = said.get(keys.ON_CHANGE, "") if sidecar else ""
    asked = {kind: said.get(keys.PREFIX + kind, "") for kind in KINDS}
    return Choices(
        sidecar=sidecar,
        waits=podfields.waits(pod),
        user=choices.number(said.get(keys.RUN_AS_USER, ""), 2**31),
        no_user=said.get(keys.RUN_AS_USER) == keys.LEFT_OUT,
        no_seccomp=said.get(keys.SECCOMP_PROFILE) == keys.LEFT_OUT,
        evicts=on_change == EVICT and reach.controlled(pod),
        tells=on_change.startswith((f"{SIGNAL}:", f"{HTTP}:")),
        metrics_port=None if not port or port in _taken(pod) else port,
        amounts={kind: it for kind, it in asked.items() if quantity.value(it) and not whole},
        as_a_whole=whole,
    )


def ignored(pod: Mapping[str, Any], chosen: Choices) -> Iterator[str]:
    """A sentence for each annotation that has no effect in this pod."""
    annotations = _annotations(pod)
    alone = (keys.RUN_AS_USER, keys.SECCOMP_PROFILE, keys.PLACE)
    for name in (*(keys.PREFIX + kind for kind in KINDS), *alone):
        if name in annotations and (why := _ignored(pod, chosen, name, annotations[name])):
            yield f"annotation {name} is ignored: {why}"
    for name in (keys.REFRESH_INTERVAL, keys.METRICS_PORT):
        if name in annotations and not chosen.sidecar:
            yield f"annotation {name} is ignored: it is for {keys.MODE}: sidecar"
    for name in (keys.MAX_AGE, keys.MAX_STALE):
        if name in annotations and chosen.waits:
            yield f"annotation {name} is ignored: with {keys.MODE}: {keys.WAIT} a pod syncs nothing"
    if chosen.sidecar and keys.METRICS_PORT in annotations and chosen.metrics_port is None:
        rule = f"{choices.PORT}, that no container of the pod has"
        yield f"annotation {keys.METRICS_PORT} is ignored: it {rule}"
    for part in ("annotation", "label"):
        text = (pod["metadata"].get(f"{part}s") or {}).get(keys.INJECT, "true")
        if choices.problem(keys.INJECT, text):
            yield f"{part} {keys.INJECT} is ignored: it {choices.INJECT}"


def _ignored(pod: Mapping[str, Any], chosen: Choices, name: str, text: str) -> str:
    if name in (keys.CPU, keys.MEMORY) and chosen.as_a_whole:
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
