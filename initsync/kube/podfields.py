"""What a pod says of itself: whether it asks for a secret, its containers, and ours. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from initsync.words import keys


def asks(pod: Mapping[str, Any]) -> bool:
    """Whether it has the annotation."""
    return keys.ANNOTATION in (pod["metadata"].get("annotations") or {})


def waits(pod: Mapping[str, Any]) -> bool:
    """Whether it syncs nothing, and waits for the Secrets that others make for it."""
    return (pod["metadata"].get("annotations") or {}).get(keys.MODE) == keys.WAIT


def served(pod: Mapping[str, Any]) -> bool:
    """Whether it has the init container; in mode `wait` that is `jasm-wait`, which reads the same
    files."""
    return ours(pod) is not None


def ours(pod: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Its init container: by hand it may have any name, and is known by what it runs or reads.

    In a pod that does nothing else it is a container, and known by both.
    """
    every = pod["spec"].get("initContainers") or []
    named = (found for found in every if found["name"] == keys.CONTAINER)
    first = next(named, None) or next(filter(_by_hand, every), None)
    apps = pod["spec"].get("containers") or []
    return first or next((found for found in apps if _runs(found) and _reads(found)), None)


def only_syncs(spec: Mapping[str, Any]) -> bool:
    """Whether its containers run nothing but our program: who needs the Secrets is elsewhere."""
    every = spec.get("containers") or []
    return bool(every) and all(map(_runs, every))


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
    return _runs(container) or _reads(container)


def _runs(container: Mapping[str, Any]) -> bool:
    program: str = (container.get("command") or [""])[0].rpartition("/")[2]
    return program == keys.CONTAINER


def _reads(container: Mapping[str, Any]) -> bool:
    mounts = {mount["mountPath"].rstrip("/") for mount in container.get("volumeMounts") or []}
    return keys.PODINFO_DIR in mounts


def containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All of a pod's, apps before init containers."""
    for part in ("containers", "initContainers"):
        yield from spec.get(part) or []


def variables(container: Mapping[str, Any]) -> dict[str, str]:
    """Its environment by name, as far as it stands there; references to elsewhere are empty."""
    return {entry["name"]: entry.get("value") or "" for entry in container.get("env") or []}
