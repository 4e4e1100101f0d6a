"""Where each kind of object keeps the pod that it makes. Pure."""

from collections.abc import Mapping
from typing import Any

_SPEC = ("spec", "template")
# Where a kind keeps the pod that it makes: `template` of PodTemplateSpec.
# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
PODS: Mapping[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Deployment": _SPEC,
    "StatefulSet": _SPEC,
    "DaemonSet": _SPEC,
    "ReplicaSet": _SPEC,
    "ReplicationController": _SPEC,
    "Job": _SPEC,
    # https://keda.sh/docs/latest/reference/scaledjob-spec/
    "ScaledJob": ("spec", "jobTargetRef", "template"),
}


# Metadata that the pod does not get.
_ELSEWHERE = {"Pod": (), "CronJob": ((), ("spec", "jobTemplate"))}


def elsewhere(kind: str) -> tuple[tuple[str, ...], ...]:
    """Where an object of a kind that makes pods has metadata of its own."""
    return _ELSEWHERE.get(kind, ((),))


def pod_path(kind: str) -> tuple[str, ...]:
    """Where an object of a kind that makes pods keeps theirs."""
    return PODS.get(kind, _SPEC)


def owned(kind: str, pod: Mapping[str, Any]) -> dict[str, Any]:
    """A pod as an object of that kind makes it, as far as its template says what it is."""
    owner = {} if kind == "Pod" else {"ownerReferences": [{"kind": kind, "controller": True}]}
    metadata = {**(pod.get("metadata") or {}), **owner}
    return {"metadata": metadata, "spec": pod.get("spec") or {}}
