"""Where among a pod's init containers ours comes (D22), and which start before it. Pure.

Under a mesh with a CNI the network is redirected before any container runs: only after the
mesh's native sidecar does anything reach the network. Otherwise ours comes first, for any other
init container may need the Secret.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from initsync.kube import podfields
from initsync.words import keys

MESH_PROXIES = ("istio-proxy", "linkerd-proxy")
"""Native sidecars that must run before anything can use the network; the platform may differ."""

Containers = Sequence[Mapping[str, Any]]


def index(before: Containers, annotations: Mapping[str, str], mesh_proxies: Collection[str]) -> int:
    """The index for ours: by the pod's annotation, else after the mesh's proxy, else 0."""
    names = [container["name"] for container in before]
    asked = annotations.get(keys.PLACE)
    if asked == "last":
        return len(names)
    if asked in names:
        return names.index(asked) + 1
    if asked == "first":
        return 0
    for number, container in enumerate(before):
        native = container.get("restartPolicy") == "Always"
        if native and container["name"] in mesh_proxies:
            return number + 1
    return 0


def earlier(pod: Mapping[str, Any]) -> Containers:
    """The init containers that start before ours, be it there or yet to be injected."""
    every = pod["spec"].get("initContainers") or []
    ours = podfields.ours(pod)
    if ours is not None:  # in a pod that does nothing else it is none of them
        return every[: every.index(ours)] if ours in every else every
    return every[: index(every, pod["metadata"].get("annotations") or {}, MESH_PROXIES)]
