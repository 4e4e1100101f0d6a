"""Why a pod that is made gets no `jasm-init`, by what stands in the pod itself. Pure.

The injector goes by it; so do the commands that say why a pod was not injected.
"""

from collections.abc import Mapping
from typing import Any

from initsync.injection import nodesystem
from initsync.kube.podfields import containers, waits
from initsync.words import keys

MIRROR = "kubernetes.io/config.mirror"  # a static pod's shadow: changing it changes nothing
_NAMES = (keys.CONTAINER, keys.WAITER)


def skip_reason(pod: Mapping[str, Any], image: str) -> str:
    """The reason, empty where it gets one; `image` is the injector's own for `jasm-init`."""
    spec, annotations = pod["spec"], pod["metadata"].get("annotations") or {}
    labels = pod["metadata"].get("labels") or {}
    own = _NAMES if waits(pod) else _NAMES[:1]
    if keys.ANNOTATION not in annotations:
        return "no annotation"
    if "false" in (annotations.get(keys.INJECT), labels.get(keys.INJECT)):
        return "opted out"
    if MIRROR in annotations:
        return "mirror pod"
    for found in spec.get("initContainers") or []:
        if found["name"] in own or found.get("image") == image:
            return "already there"
    if any(found["name"] in _NAMES for found in containers(spec)):
        return "name taken"
    return "windows" if nodesystem.is_windows(spec) else ""
