"""What makes pods in a cluster, and the template that a pod was made of: read for people."""

from initsync.inventory.late import Template
from initsync.kube.api import Resource
from initsync.kube.reads import Reads
from initsync.words.errors import ClusterForbidden
from initsync.words.model import JsonObject

MAKERS = {
    "ReplicationController": Resource("", "replicationcontrollers"),
    "Deployment": Resource("apps", "deployments"),
    "ReplicaSet": Resource("apps", "replicasets"),
    "StatefulSet": Resource("apps", "statefulsets"),
    "DaemonSet": Resource("apps", "daemonsets"),
    "Job": Resource("batch", "jobs"),
    "CronJob": Resource("batch", "cronjobs"),
}
"""Kinds that use a Secret even without a pod: scaled to zero, or between two runs."""


class Makers:
    """Reads the makers of the pods that are asked about, each once."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._read: dict[tuple[str, str, str], JsonObject | None] = {}

    def template(self, pod: JsonObject) -> Template | None:
        """The template that the pod was made of; None where it has no maker with one, or the maker
        may not be read, or has another template by now. Raises ClusterError."""
        owners = pod["metadata"].get("ownerReferences") or []
        own = next((one for one in owners if one.get("controller")), None)
        if own is None or own["kind"] not in MAKERS:
            return None
        maker = self._get(own["kind"], pod["metadata"]["namespace"], own["name"])
        if maker is None or _changed(maker, own["kind"], pod):
            return None
        made_of = maker["spec"]["template"].get("metadata") or {}
        return Template(f"{own['kind']} {own['name']}", made_of.get("annotations") or {})

    def _get(self, kind: str, namespace: str, name: str) -> JsonObject | None:
        place = (kind, namespace, name)
        if place not in self._read:
            try:
                self._read[place] = self._reads.get(MAKERS[kind], namespace, name)
            except ClusterForbidden:
                self._read[place] = None
        return self._read[place]


def _changed(maker: JsonObject, kind: str, pod: JsonObject) -> bool:
    """Whether it has another template than when it made the pod; a ReplicaSet's stays."""
    labels = pod["metadata"].get("labels") or {}
    if kind == "StatefulSet":
        newest = (maker.get("status") or {}).get("updateRevision")
        return bool(newest != labels.get("controller-revision-hash"))
    if kind == "DaemonSet":
        marks = maker["metadata"].get("annotations") or {}
        newest = marks.get("deprecated.daemonset.template.generation")
        return bool(newest != labels.get("pod-template-generation"))
    return False
