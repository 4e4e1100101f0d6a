"""Which pods asked for a secret and were not served: found in what the API server stores. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from initsync import keys
from initsync.model import JsonObject


class Missed(NamedTuple):
    """A pod with the annotation and without the init container."""

    namespace: str
    pod: str
    owner: str
    """What made it, such as `ReplicaSet/web-5d`; empty for a pod of its own."""
    created: str
    why: str


def missed(pods: Iterable[JsonObject], labels: Mapping[str, Mapping[str, str]]) -> Iterator[Missed]:
    """Those among `pods`; `labels` are the namespaces' own, by name."""
    for pod in pods:
        metadata = pod["metadata"]
        if asks(pod) and not served(pod):
            yield Missed(
                metadata["namespace"],
                metadata["name"],
                owner(metadata),
                metadata.get("creationTimestamp", ""),
                why(pod, labels.get(metadata["namespace"], {})),
            )


def asks(pod: JsonObject) -> bool:
    """Whether it has the annotation."""
    return keys.ANNOTATION in (pod["metadata"].get("annotations") or {})


def served(pod: JsonObject) -> bool:
    """Whether it has the init container."""
    containers = pod["spec"].get("initContainers") or []
    return any(container["name"] == keys.CONTAINER for container in containers)


def owner(metadata: Mapping[str, Any]) -> str:
    """What made an object, such as `ReplicaSet/web-5d`; empty for one of its own."""
    owners = metadata.get("ownerReferences") or []
    return f"{owners[0]['kind']}/{owners[0]['name']}" if owners else ""


def why(pod: JsonObject, namespace: Mapping[str, str]) -> str:
    """Why a pod that asks was not injected; `namespace` are the labels of its own."""
    metadata, spec = pod["metadata"], pod["spec"]
    said = (metadata.get("annotations") or {}) | (metadata.get("labels") or {})
    if said.get(keys.INJECT) == "false":
        return f"it opts out ({keys.INJECT}) and has no {keys.CONTAINER} of its own"
    if namespace.get(keys.NAMESPACE_LABEL) == "disabled":
        return f"its namespace opts out (label {keys.NAMESPACE_LABEL})"
    if (spec.get("os") or {}).get("name") == "windows":
        return "it is a Windows pod"
    if metadata["namespace"] in keys.EXCLUDED_NAMESPACES:
        return "pods of its namespace are never injected"
    return "the injector did not see it: delete it, so that it is created again"
