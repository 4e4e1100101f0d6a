"""Where among a pod's init containers ours comes (D22).

Under a mesh with a CNI the network is redirected before any container runs: only after the
mesh's native sidecar does anything reach the network. Otherwise ours comes first, for any other
init container may need the Secret.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from initsync.injection.settings import Settings
from initsync.words import keys

Containers = Sequence[Mapping[str, Any]]


def index(before: Containers, annotations: Mapping[str, str], settings: Settings) -> int:
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
        if native and container["name"] in settings.mesh_proxies:
            return number + 1
    return 0
