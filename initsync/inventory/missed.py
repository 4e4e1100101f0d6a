"""Which pods asked for a secret and were not served: found in what the API server stores. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from initsync.inventory.late import Template
from initsync.inventory.why import Injecting, why
from initsync.kube import misplaced
from initsync.kube.podfields import asks, served
from initsync.words import keys
from initsync.words.model import JsonObject


class Missed(NamedTuple):
    """A pod with the annotation and without the init container; or a workload that has it, and
    whose pods have none."""

    namespace: str
    pod: str
    """The pod's name; empty for a workload."""
    owner: str
    """What made it, such as `ReplicaSet/web-5d`; empty for a pod of its own. Or the workload."""
    created: str
    why: str


def missed(
    pods: Iterable[JsonObject],
    labels: Mapping[str, Mapping[str, str]] | None,
    known: Sequence[Injecting] | None,
    template: Callable[[JsonObject], Template | None],
) -> Iterator[Missed]:
    """The missed among `pods`; `labels` are those of namespaces, `known` all that injects.

    Either is None where it was not read. `template` gives what a pod was made of.
    """
    for pod in pods:
        metadata = pod["metadata"]
        if asks(pod) and not served(pod):
            around = None if labels is None else labels.get(metadata["namespace"], {})
            yield Missed(
                metadata["namespace"],
                metadata["name"],
                owner(metadata),
                metadata.get("creationTimestamp", ""),
                why(pod, around, known, template(pod)),
            )


def never_asked(kind: str, workloads: Iterable[JsonObject]) -> Iterator[Missed]:
    """The missed among workloads of a kind; those of a controller have its annotations."""
    for found in workloads:
        metadata = found["metadata"]
        wrong = [one for one in misplaced.found(kind, found) if one.name == keys.ANNOTATION]
        if wrong and not metadata.get("ownerReferences"):
            yield Missed(
                metadata["namespace"],
                "",
                f"{kind}/{metadata['name']}",
                metadata.get("creationTimestamp", ""),
                f"the annotation {wrong[0].problem}",
            )


def owner(metadata: Mapping[str, Any]) -> str:
    """What made an object, such as `ReplicaSet/web-5d`; empty for one of its own."""
    owners = metadata.get("ownerReferences") or []
    return f"{owners[0]['kind']}/{owners[0]['name']}" if owners else ""
