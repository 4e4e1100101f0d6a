"""Which running containers read a Secret before it was last written. Pure.

A container's environment is made once, at its start, and so is a mount by subPath; files of other
mounts are renewed by the kubelet, but an app may have read them at its start.
https://kubernetes.io/docs/concepts/configuration/secret/#mounted-secrets-are-updated-automatically
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from initsync.inventory.missed import owner
from initsync.inventory.usage import Key
from initsync.kube import references
from initsync.words.model import JsonObject
from initsync.words.times import since

_MADE_ONCE = "has the value of before for as long as it runs"
_RENEWED = "has new files, and may have read the old ones at its start"


class Outdated(NamedTuple):
    """A container that started before a Secret that it reads was last written."""

    namespace: str
    secret: str
    written: str
    """When the Secret was last written (RFC 3339, as `started`)."""
    pod: str
    owner: str
    """What made the pod, such as `ReplicaSet/web-5d`; empty for one of its own."""
    container: str
    started: str
    through: tuple[str, ...]
    """`env`, `envFrom`, `subPath`, `volume`, `projected volume`."""
    certain: bool
    """It has the old value whatever it does: it is not only files, which are renewed."""

    @property
    def why(self) -> str:
        """The reason, as the end of a sentence."""
        return _MADE_ONCE if self.certain else _RENEWED


def outdated(pods: Iterable[JsonObject], written: Mapping[Key, str]) -> Iterator[Outdated]:
    """The outdated of `pods`; `written` is when each Secret was last written, as it says itself."""
    for pod in pods:
        metadata, spec = pod["metadata"], pod["spec"]
        volumes = {it["name"]: it for it in spec.get("volumes") or []}
        for container, started in _running(pod):
            for secret, ways in _ways(container, volumes).items():
                last = written.get((metadata["namespace"], secret), "")
                if _before(started, last):
                    whose = (metadata["name"], owner(metadata), container["name"], started)
                    certain = bool({"env", "envFrom", "subPath"} & {*ways})
                    place = (metadata["namespace"], secret, last)
                    yield Outdated(*place, *whose, tuple(ways), certain)


def _before(started: str, written: str) -> bool:
    """Whether that started before the write, in whole seconds; false where either is no time."""
    return since(written, 0.0) < since(started, 0.0) < float("inf")


def _running(pod: JsonObject) -> Iterator[tuple[JsonObject, str]]:
    """The containers that run, and since when."""
    status, spec = pod.get("status") or {}, pod["spec"]
    for part in ("containers", "initContainers", "ephemeralContainers"):
        by_name = {it["name"]: it for it in spec.get(part) or []}
        for found in status.get(f"{part.removesuffix('s')}Statuses") or []:
            running = (found.get("state") or {}).get("running") or {}
            if running.get("startedAt") and found["name"] in by_name:
                yield by_name[found["name"]], running["startedAt"]


def _ways(container: JsonObject, volumes: Mapping[str, Any]) -> dict[str, dict[str, None]]:
    """The ways in which the container reads each Secret, each way once."""
    found: dict[str, dict[str, None]] = {}
    for reference in references.of_container(container):
        found.setdefault(reference.secret, {})[reference.through] = None
    for mount in container.get("volumeMounts") or []:
        once = mount.get("subPath") or mount.get("subPathExpr")
        for reference in references.of_volume(volumes.get(mount["name"]) or {}):
            through = "subPath" if once else reference.through
            found.setdefault(reference.secret, {})[through] = None
    return found
