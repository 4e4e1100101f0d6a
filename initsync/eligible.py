"""Why a pod that is made gets no `jasm-init`, by what stands in the pod itself. Pure.

The injector goes by it; so do the commands that say why a pod was not injected.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from initsync import keys

OS_LABEL = "kubernetes.io/os"
MIRROR = "kubernetes.io/config.mirror"  # a static pod's shadow: changing it changes nothing
_NAMES = (keys.CONTAINER, keys.WAITER)


def skip_reason(pod: Mapping[str, Any], image: str) -> str:
    """The reason, empty where it gets one; `image` is the injector's own for `jasm-init`."""
    spec, annotations = pod["spec"], pod["metadata"].get("annotations") or {}
    labels = pod["metadata"].get("labels") or {}
    if keys.ANNOTATION not in annotations:
        return "no annotation"
    if "false" in (annotations.get(keys.INJECT), labels.get(keys.INJECT)):
        return "opted out"
    if MIRROR in annotations:
        return "mirror pod"
    for found in spec.get("initContainers") or []:
        if found["name"] == keys.CONTAINER or found.get("image") == image:
            return "already there"
    if any(found["name"] in _NAMES for found in containers(spec)):
        return "name taken"
    os_name = (spec.get("os") or {}).get("name")
    os_selected = (spec.get("nodeSelector") or {}).get(OS_LABEL)
    return "windows" if "windows" in (os_name, os_selected) else ""


def asks(pod: Mapping[str, Any]) -> bool:
    """Whether it has the annotation."""
    return keys.ANNOTATION in (pod["metadata"].get("annotations") or {})


def served(pod: Mapping[str, Any]) -> bool:
    """Whether it has the init container."""
    return ours(pod) is not None


def ours(pod: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Its init container: by hand it may have any name, and is known by what it runs or reads."""
    every = pod["spec"].get("initContainers") or []
    named = (found for found in every if found["name"] == keys.CONTAINER)
    return next(named, None) or next(filter(_by_hand, every), None)


def managed_by(pod: Mapping[str, Any]) -> str:
    """JASM_MANAGED_BY of its init container by hand: the injector's is the platform's own choice.

    Another container may say what it likes.
    """
    if keys.INJECTED in (pod["metadata"].get("annotations") or {}):
        return ""
    env = (ours(pod) or {}).get("env") or []
    values = [entry.get("value") or "" for entry in env if entry["name"] == "JASM_MANAGED_BY"]
    return values[-1] if values else ""  # of a name that is there twice the last counts


def _by_hand(container: Mapping[str, Any]) -> bool:
    command = (container.get("command") or [""])[0].rpartition("/")[2]
    mounts = {mount["mountPath"].rstrip("/") for mount in container.get("volumeMounts") or []}
    return command == keys.CONTAINER or keys.PODINFO_DIR in mounts


def containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All of a pod's, apps before init containers."""
    for part in ("containers", "initContainers"):
        yield from spec.get(part) or []
