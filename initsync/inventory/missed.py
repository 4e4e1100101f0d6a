"""Which pods asked for a secret and were not served: found in what the API server stores. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from initsync.inventory.why import Injecting, why
from initsync.kube.podfields import asks, served
from initsync.words.model import JsonObject


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


def owner(metadata: Mapping[str, Any]) -> str:
    """What made an object, such as `ReplicaSet/web-5d`; empty for one of its own."""
    owners = metadata.get("ownerReferences") or []
    return f"{owners[0]['kind']}/{owners[0]['name']}" if owners else ""
