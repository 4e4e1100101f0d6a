"""The Kubernetes API as the pod path uses it: dicts in, dicts out, failures as in the table."""

from initsync.kube.answers import given, missing, stored
from initsync.kube.api import APPLY, EVENTS, JSON, JSON_PATCH, MERGE, PODS, SECRETS, Api, Resource
from initsync.network.transport import Response
from initsync.words import keys
from initsync.words.errors import ClusterError
from initsync.words.model import JsonObject, PodRef

LIMIT = 4_194_304
"""Bytes of an answer: a Secret has 1.5 MiB for etcd, values as they are, and up to twice that as
JSON. Whatever an answer is, it must not take more memory than a container has (32Mi)."""
_PARTS = 30_000
"""JSON values of an answer; of a full secret of AWS, 9,000 keys, there are 27,000 in a Secret."""
_EVICTING = (
    "if it is RBAC that refuses, give the pod's ServiceAccount create on pods/eviction, as "
    "initsync policy -o kubernetes prints it"
)
_AS_JASM = f"?fieldManager={keys.FIELD_MANAGER}"


class Cluster:
    """One namespace of one cluster."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    def read_secret(self, name: str) -> JsonObject | None:
        """The stored Secret, or None."""
        response = self._call("GET", SECRETS, name)
        if missing(response):
            return None
        return stored(response, self._action("get Secret", name))

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        """Server-side apply (the one verb whose create RBAC can limit by name, F1).

        Raises ClusterConflict where the Secret is no longer at the manifest's resourceVersion.
        """
        name = manifest["metadata"]["name"]
        response = self._call("PATCH", SECRETS, name, f"{_AS_JASM}&force=true", manifest, APPLY)
        return stored(response, self._action("apply Secret", name), private=True)

    def remove(self, patch: JsonObject) -> None:
        """Merge a patch that takes something out of the Secret of its name and resourceVersion.

        Raises ClusterConflict where the Secret is no longer at that version.
        """
        name = patch["metadata"]["name"]
        self._patched(name, patch, MERGE, "remove keys from Secret")

    def replace_secret(self, manifest: JsonObject) -> JsonObject:
        """Put the manifest in place of all that is stored; the record of who owns which field goes
        with it (there may be thousands), and begins anew with the next apply.

        https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields
        Raises ClusterConflict where the Secret is no longer at the manifest's resourceVersion.
        """
        metadata = manifest["metadata"]
        parts = ("resourceVersion", "labels", "annotations")
        values = {f"/metadata/{part}": metadata[part] for part in parts}
        values |= {"/metadata/managedFields": [{}], "/data": manifest["data"]}
        operations = [{"op": "add", "path": path, "value": it} for path, it in values.items()]
        return self._patched(metadata["name"], operations, JSON_PATCH, "patch Secret")

    def _patched(self, name: str, patch: object, kind: str, verb: str) -> JsonObject:
        response = self._call("PATCH", SECRETS, name, _AS_JASM, patch, kind)
        return stored(response, self._action(verb, name), private=True)

    def read_pod(self, name: str) -> JsonObject:
        """The pod. Raises ClusterError where there is none."""
        response, action = self._call("GET", PODS, name), "get Pod"
        if missing(response):
            advice = f"see kubectl -n {self._namespace} get pods, or give its namespace by -n"
            raise ClusterError(self._action(action, name), f'pods "{name}" not found', advice)
        return stored(response, self._action(action, name))

    def evict(self, pod: PodRef) -> bool:
        """Ask for that very pod's eviction; False where it is gone already.

        Raises ClusterUnavailable where it must not go now, by a PodDisruptionBudget say.
        https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
        """
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name, "namespace": pod.namespace},
            "deleteOptions": {"preconditions": {"uid": pod.uid}},
        }
        response = self._call("POST", PODS, pod.name, "/eviction", body)
        if response.status == 409 or missing(response):  # 409: another pod has its name now
            return False
        given(response, self._action("evict Pod", pod.name), "status", _EVICTING)
        return True

    def create_event(self, event: JsonObject) -> None:
        """Post a core/v1 Event; one of its name that is there already is this one."""
        response = self._call("POST", EVENTS, "", "", event)
        if response.status != 409:
            stored(response, f"create Events in namespace {self._namespace}")

    def _action(self, verb: str, name: str) -> str:
        return f"{verb} {self._namespace}/{name}"

    def _call(
        self,
        method: str,
        of: Resource,
        name: str,
        query: str = "",
        body: object = None,
        kind: str = JSON,
    ) -> Response:
        path = of.path(self._namespace, name)
        action = f"{method} {of.plural}{name and f'/{name}'} in namespace {self._namespace}"
        response = self._api.send(method, path + query, action, body, kind)
        if response.parts <= _PARTS:
            return response
        from initsync.kube import crowd  # no good sync needs it

        return response._replace(body=crowd.lightened(response.body, _PARTS))
