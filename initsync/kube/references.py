"""Which Secrets a pod reads, and through what. Pure: a pod's or template's `spec` in.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

PULL = "imagePullSecrets"
PLAIN = {"name", "configMap", "downwardAPI", "emptyDir", "hostPath", "persistentVolumeClaim"}
PLAIN |= {"projected", "secret"}
"""Fields of volumes that need no Secret to be mounted, or may be mounted without it."""


class Reference(NamedTuple):
    """One way in which a pod reads a Secret."""

    secret: str
    through: str


def references(spec: Mapping[str, Any]) -> Iterator[Reference]:
    """The Secrets that a pod's spec names, one a place; the same one may come many times."""
    for part in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(part) or []:
            yield from of_container(container)
    for volume in spec.get("volumes") or []:
        yield from of_volume(volume)
    for pull in spec.get("imagePullSecrets") or []:
        yield from _named(pull, PULL)


def of_container(container: Mapping[str, Any]) -> Iterator[Reference]:
    """The Secrets that a container's variables name."""
    for entry in container.get("env") or []:
        yield from _named((entry.get("valueFrom") or {}).get("secretKeyRef"), "env")
    for entry in container.get("envFrom") or []:
        yield from _named(entry.get("secretRef"), "envFrom")


def of_volume(volume: Mapping[str, Any]) -> Iterator[Reference]:
    """The Secrets that a volume's sources name."""
    for source in (volume.get("projected") or {}).get("sources") or []:
        yield from _named(source.get("secret"), "projected volume")
    if name := (volume.get("secret") or {}).get("secretName"):
        yield Reference(name, "volume")
    yield from at_mount(volume)


def at_mount(volume: Mapping[str, Any]) -> Iterator[Reference]:
    """The Secrets that must be there when the kubelet mounts the volume: a volume of a Secret
    itself may be optional, and show later what was not there at first.
    """
    for kind, source in volume.items():
        if kind not in PLAIN and isinstance(source, dict):
            if source.get("secretName"):  # azureFile
                yield Reference(source["secretName"], "volume")
            yield from _named(source.get("nodePublishSecretRef"), "volume")  # csi
            yield from _named(source.get("secretRef"), "volume")  # cephfs, rbd, iscsi and others


def of_ingress(ingress: Mapping[str, Any]) -> Iterator[Reference]:
    """The Secrets of an Ingress, which its controller reads."""
    for tls in (ingress.get("spec") or {}).get("tls") or []:
        if name := tls.get("secretName"):
            yield Reference(name, "tls")


def of_account(account: Mapping[str, Any]) -> Iterator[Reference]:
    """The pull secrets that a ServiceAccount gives each of its pods."""
    for pull in account.get("imagePullSecrets") or []:
        yield from _named(pull, PULL)


def _named(reference: Mapping[str, Any] | None, through: str) -> Iterator[Reference]:
    if reference and reference.get("name"):
        yield Reference(reference["name"], through)
