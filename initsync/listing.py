"""Which pods asked for a secret and were not served: found in what the API server stores. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from initsync import keys
from initsync.injection import Injecting, why
from initsync.model import JsonObject


class Missed(NamedTuple):
    """A pod with the annotation and without the init container."""

    namespace: str
    pod: str
    owner: str
    """What made it, such as `ReplicaSet/web-5d`; empty for a pod of its own."""
    created: str
    why: str


def missed(
    pods: Iterable[JsonObject],
    labels: Mapping[str, Mapping[str, str]] | None,
    known: Sequence[Injecting] | None,
) -> Iterator[Missed]:
    """Those among `pods`; `labels` are the namespaces' own, by name, `known` is all that injects.

    Either is None where it was not read.
    """
    for pod in pods:
        metadata = pod["metadata"]
        if asks(pod) and not served(pod):
            yield Missed(
                metadata["namespace"],
                metadata["name"],
                owner(metadata),
                metadata.get("creationTimestamp", ""),
                why(pod, None if labels is None else labels.get(metadata["namespace"], {}), known),
            )


def asks(pod: JsonObject) -> bool:
    """Whether it has the annotation."""
    return keys.ANNOTATION in (pod["metadata"].get("annotations") or {})


def served(pod: JsonObject) -> bool:
    """Whether it has the init container."""
    return ours(pod) is not None


def ours(pod: JsonObject) -> Mapping[str, Any] | None:
    """Its init container: by hand it may have any name, and is known by what it runs or reads."""
    every = pod["spec"].get("initContainers") or []
    named = (found for found in every if found["name"] == keys.CONTAINER)
    return next(named, None) or next(filter(_by_hand, every), None)


def _by_hand(container: Mapping[str, Any]) -> bool:
    command = (container.get("command") or [""])[0].rpartition("/")[2]
    mounts = {mount["mountPath"].rstrip("/") for mount in container.get("volumeMounts") or []}
    return command == keys.CONTAINER or keys.PODINFO_DIR in mounts


def owner(metadata: Mapping[str, Any]) -> str:
    """What made an object, such as `ReplicaSet/web-5d`; empty for one of its own."""
    owners = metadata.get("ownerReferences") or []
    return f"{owners[0]['kind']}/{owners[0]['name']}" if owners else ""
