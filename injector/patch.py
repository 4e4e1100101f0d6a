"""A pod in, JSON Patch operations out: pure, idempotent, and never a list replaced as a whole.

The pod stays the raw dict that the API server sent: typed objects would lose fields newer than
they are. A waiter for mounted Secrets (design D25) is not part of this version: such volumes are
marked optional, so that they do not hold up the container that creates their Secret.
https://www.rfc-editor.org/rfc/rfc6902
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from initsync import annotation, keys
from initsync.errors import JasmError
from initsync.model import PodRef
from injector.container import (
    PODINFO_VOLUME,
    TOKEN_VOLUME,
    Volumes,
    init_container,
    podinfo_volume,
    token_volume,
)
from injector.resources import KINDS, override
from injector.settings import Settings

Operation = dict[str, Any]

_MIRROR = "kubernetes.io/config.mirror"  # a static pod's shadow: changing it changes nothing


class Injection(NamedTuple):
    """What to do to one pod, and what to tell whoever made it."""

    operations: list[Operation]
    warnings: list[str]
    skipped: str = ""
    """Why there is nothing to do."""


def inject(pod: Mapping[str, Any], namespace: str, settings: Settings) -> Injection:
    """The patch that puts `jasm-init` into `pod`."""
    annotations = pod["metadata"].get("annotations") or {}
    if reason := _skip_reason(pod, annotations):
        warning = f"{keys.CONTAINER} was not injected: it does not run on Windows"
        return Injection([], [warning] if reason == "windows" else [], reason)
    warnings = _wrong_overrides(pod, annotations)
    operations = list(_operations(pod, settings))
    try:
        owner = PodRef(namespace, pod["metadata"].get("name", ""), "")
        request = annotation.parse(annotations[keys.ANNOTATION], owner, settings.providers)
    except JasmError as error:
        return Injection(operations, [*warnings, str(error)])  # the container will say it too
    return Injection([*_optional(pod, request.secret_name), *operations], warnings)


def _skip_reason(pod: Mapping[str, Any], annotations: Mapping[str, str]) -> str:
    spec = pod["spec"]
    if keys.ANNOTATION not in annotations:
        return "no annotation"
    if annotations.get(keys.INJECT) == "false":
        return "opted out"
    if _MIRROR in annotations:
        return "mirror pod"
    if any(found["name"] == keys.CONTAINER for found in spec.get("initContainers") or []):
        return "already injected"
    os_name = (spec.get("os") or {}).get("name")
    os_selected = (spec.get("nodeSelector") or {}).get("kubernetes.io/os")
    return "windows" if "windows" in (os_name, os_selected) else ""


def _operations(pod: Mapping[str, Any], settings: Settings) -> Iterator[Operation]:
    names = _free_names(pod)
    created = [podinfo_volume(names.podinfo), token_volume(names.token, settings)]
    if pod["spec"].get("volumes"):
        yield from (_add("/spec/volumes/-", volume) for volume in created)
    else:
        yield _add("/spec/volumes", created)
    container = init_container(pod, names, settings)
    if before := pod["spec"].get("initContainers"):
        yield _add(f"/spec/initContainers/{_place(before, settings)}", container)
    else:
        yield _add("/spec/initContainers", [container])
    yield _add(f"/metadata/annotations/{keys.INJECTED.replace('/', '~1')}", settings.version)


def _place(before: list[Mapping[str, Any]], settings: Settings) -> int:
    """After the mesh's native sidecar, without which nothing reaches the network; else first."""
    for index, container in enumerate(before):
        native = container.get("restartPolicy") == "Always"
        if native and container["name"] in settings.mesh_proxies:
            return index + 1
    return 0


def _optional(pod: Mapping[str, Any], secret: str) -> Iterator[Operation]:
    """Mark what mounts the synced Secret: the kubelet waits for volumes before any container."""
    for index, volume in enumerate(pod["spec"].get("volumes") or []):
        place = f"/spec/volumes/{index}"
        mounted = volume.get("secret") or {}
        if mounted.get("secretName") == secret and not mounted.get("optional"):
            yield _add(f"{place}/secret/optional", True)
        sources = (volume.get("projected") or {}).get("sources") or []
        for number, source in enumerate(sources):
            projected = source.get("secret") or {}
            if projected.get("name") == secret and not projected.get("optional"):
                yield _add(f"{place}/projected/sources/{number}/secret/optional", True)


def _free_names(pod: Mapping[str, Any]) -> Volumes:
    taken = {volume["name"] for volume in pod["spec"].get("volumes") or []}
    return Volumes(*(_free(name, taken) for name in (PODINFO_VOLUME, TOKEN_VOLUME)))


def _free(name: str, taken: set[str]) -> str:
    candidates = (name, *(f"{name}-{number}" for number in range(1, len(taken) + 1)))
    return next(found for found in candidates if found not in taken)


def _wrong_overrides(pod: Mapping[str, Any], annotations: Mapping[str, str]) -> list[str]:
    return [
        f"annotation {keys.PREFIX}{kind} is no quantity above zero, such as 100m or 64Mi: ignored"
        for kind in KINDS
        if keys.PREFIX + kind in annotations and override(pod, kind) is None
    ]


def _add(path: str, value: Any) -> Operation:
    return {"op": "add", "path": path, "value": value}
