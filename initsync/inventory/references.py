"""Which Secrets a pod reads, and through what. Pure: a pod's or template's `spec` in.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Reference(NamedTuple):
    """One way in which a pod reads a Secret."""

    secret: str
    through: str


def references(spec: Mapping[str, Any]) -> Iterator[Reference]:
    """Those of a pod's spec, one a place; the same Secret may come many times."""
    for part in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(part) or []:
            yield from _of_container(container)
    for volume in spec.get("volumes") or []:
        yield from _of_volume(volume)
    for pull in spec.get("imagePullSecrets") or []:
        yield from _named(pull, "imagePullSecrets")


def _of_container(container: Mapping[str, Any]) -> Iterator[Reference]:
    for entry in container.get("env") or []:
        yield from _named((entry.get("valueFrom") or {}).get("secretKeyRef"), "env")
    for entry in container.get("envFrom") or []:
        yield from _named(entry.get("secretRef"), "envFrom")


def _of_volume(volume: Mapping[str, Any]) -> Iterator[Reference]:
    for source in (volume.get("projected") or {}).get("sources") or []:
        yield from _named(source.get("secret"), "projected volume")
    for source in volume.values():
        if isinstance(source, dict):  # secret and azureFile; csi; cephfs, rbd, iscsi and others
            if source.get("secretName"):
                yield Reference(source["secretName"], "volume")
            yield from _named(source.get("nodePublishSecretRef"), "volume")
            yield from _named(source.get("secretRef"), "volume")


def _named(reference: Mapping[str, Any] | None, through: str) -> Iterator[Reference]:
    if reference and reference.get("name"):
        yield Reference(reference["name"], through)
