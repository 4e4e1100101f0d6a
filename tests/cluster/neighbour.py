"""Another mutating webhook beside ours: what such ones do to pods, served and registered."""

import base64
import copy
import csv
import io
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonpatch

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from tests.cluster.injector_side import Broken, answer, received, review

Change = Callable[[dict[str, Any]], None]
"""Of a pod's spec, another part of it, or all of it. Made twice it is the same as once, for the API
server may ask again."""
ROLE = {"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::123456789012:role/app"}
TOKEN_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"
IDENTITY = [ROLE, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": TOKEN_FILE}]

AZURE_VOLUME, AZURE_PATH = "azure-identity-token", "/var/run/secrets/azure/tokens"
AZURE_LABEL = {"azure.workload.identity/use": "true"}
AZURE_TOKEN = {
    "audience": "api://AzureADTokenExchange",
    "expirationSeconds": 3600,
    "path": "azure-identity-token",
}
AZURE_IDENTITY = [
    {"name": "AZURE_CLIENT_ID", "value": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"},
    {"name": "AZURE_TENANT_ID", "value": "11111111-2222-3333-4444-555555555555"},
    {"name": "AZURE_FEDERATED_TOKEN_FILE", "value": f"{AZURE_PATH}/azure-identity-token"},
    {"name": "AZURE_AUTHORITY_HOST", "value": "https://login.microsoftonline.com/"},
]


def _named(items: list[dict[str, Any]] | None) -> set[str]:
    return {item["name"] for item in items or []}


def adds_a_container_first(spec: dict[str, Any]) -> None:
    if "agent" not in _named(spec["containers"]):
        spec["containers"].insert(0, {"name": "agent", "image": "i"})


def adds_variables_and_a_volume_everywhere(spec: dict[str, Any]) -> None:
    if "shared" not in _named(spec.get("volumes")):
        spec.setdefault("volumes", []).append({"name": "shared", "emptyDir": {}})
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        if "AGENT" not in _named(container.get("env")):
            container.setdefault("env", []).append({"name": "AGENT", "value": "1"})
            mount = {"name": "shared", "mountPath": "/shared"}
            container.setdefault("volumeMounts", []).append(mount)


def adds_an_init_container_first(spec: dict[str, Any]) -> None:
    if "agent-init" not in _named(spec.get("initContainers")):
        spec.setdefault("initContainers", []).insert(0, {"name": "agent-init", "image": "i"})


def adds_a_native_mesh_proxy_first(spec: dict[str, Any]) -> None:
    proxy = {"name": "istio-proxy", "image": "i", "restartPolicy": "Always"}
    if "istio-proxy" not in _named(spec.get("initContainers")):
        spec.setdefault("initContainers", []).insert(0, proxy)


def adds_a_native_mesh_proxy_last(spec: dict[str, Any]) -> None:
    proxy = {"name": "istio-proxy", "image": "i", "restartPolicy": "Always"}
    if "istio-proxy" not in _named(spec.get("initContainers")):
        spec.setdefault("initContainers", []).append(proxy)


def labels_as_policy_engines_do(metadata: dict[str, Any]) -> None:
    """As Kyverno's add-labels and Gatekeeper's AssignMetadata do, and an annotation likewise."""
    metadata.setdefault("labels", {})["cost-centre"] = "42"
    metadata.setdefault("annotations", {})["policies.example.org/seen"] = "true"


def adds_an_aws_identity(spec: dict[str, Any]) -> None:
    """As amazon-eks-pod-identity-webhook: all containers, each entry only where it is not yet."""
    _identify(spec, [*spec["containers"], *spec.get("initContainers", [])])


def adds_an_aws_identity_where_the_pod_lets_it(pod: dict[str, Any]) -> None:
    """The same, and as it reads the pod's annotation: one line of CSV (handler.go, 2026)."""
    text = pod["metadata"].get("annotations", {}).get("eks.amazonaws.com/skip-containers", "")
    skipped = next(csv.reader(io.StringIO(text)), [])
    spec = pod["spec"]
    every = [*spec["containers"], *spec.get("initContainers", [])]
    _identify(spec, [found for found in every if found["name"] not in skipped])


def adds_an_azure_identity(pod: dict[str, Any]) -> None:
    """As azure-workload-identity 1.5: all containers of a pod with its label but those that the
    pod's annotation names between semicolons, each entry only where it is not yet (webhook.go)."""
    text = pod["metadata"].get("annotations", {}).get("azure.workload.identity/skip-containers", "")
    skipped = {name.strip() for name in text.split(";")}
    if pod["metadata"].get("labels", {}).get("azure.workload.identity/use") != "true":
        return
    spec = pod["spec"]
    volume = {
        "name": AZURE_VOLUME,
        "projected": {"sources": [{"serviceAccountToken": AZURE_TOKEN}]},
    }
    if AZURE_VOLUME not in _named(spec.get("volumes")):
        spec.setdefault("volumes", []).append(copy.deepcopy(volume))
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        if container["name"] not in skipped:
            _add_azure(container)


def _add_azure(container: dict[str, Any]) -> None:
    there = _named(container.get("env"))
    missing = [entry for entry in AZURE_IDENTITY if entry["name"] not in there]
    container.setdefault("env", []).extend(copy.deepcopy(missing))
    if AZURE_VOLUME not in _named(container.get("volumeMounts")):
        mount = {"name": AZURE_VOLUME, "readOnly": True, "mountPath": AZURE_PATH}
        container.setdefault("volumeMounts", []).append(mount)


def adds_an_aws_identity_to_app_containers(spec: dict[str, Any]) -> None:
    _identify(spec, spec["containers"])


def _identify(spec: dict[str, Any], containers: list[dict[str, Any]]) -> None:
    token = {"audience": "sts.amazonaws.com", "expirationSeconds": 86_400, "path": "token"}
    projected = {"sources": [{"serviceAccountToken": token}]}
    if "aws-iam-token" not in _named(spec.get("volumes")):
        spec.setdefault("volumes", []).append({"name": "aws-iam-token", "projected": projected})
    mount = {"name": "aws-iam-token", "readOnly": True, "mountPath": TOKEN_FILE.rpartition("/")[0]}
    for container in containers:
        if not _named(container.get("env")) & _named(IDENTITY):
            container.setdefault("env", []).extend(copy.deepcopy(IDENTITY))
        if "aws-iam-token" not in _named(container.get("volumeMounts")):
            container.setdefault("volumeMounts", []).append(mount)


@contextmanager
def neighbouring(
    api: ControlPlane,
    directory: Path,
    name: str,
    namespace: str,
    change: Change,
    again: str,
    part: str = "spec",
    of: str = "pods",
) -> Iterator[None]:
    """In force for the pods of that namespace, or `of` what else; `again` is its
    reinvocationPolicy, `part` what `change` is given: empty is all."""
    with Broken(directory, _changing(change, part)) as server:
        registration = _registration(name, namespace, server, again, of)
        api.apply(registration)
        try:
            api.await_webhooks()
            yield
        finally:
            api.request("DELETE", manifests.path(registration))


def _changing(change: Change, part: str) -> Callable[[ssl.SSLSocket], None]:
    def handle(client: ssl.SSLSocket) -> None:
        request = json.loads(received(client))["request"]
        changed = copy.deepcopy(request["object"])
        change(changed[part] if part else changed)
        made = jsonpatch.make_patch(request["object"], changed).to_string()
        patch = base64.b64encode(made.encode()).decode()
        answer(client, "200 OK", review(request["uid"], patch=patch, patchType="JSONPatch"))

    return handle


def _registration(name: str, namespace: str, server: Broken, again: str, of: str) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": [of]}
    operations = ["CREATE"] if of == "pods" else ["CREATE", "UPDATE"]
    bundle = base64.b64encode(server.authority.pem.encode()).decode()
    webhook = {
        "name": "neighbour.example.org",
        "clientConfig": {"url": server.url, "caBundle": bundle},
        "rules": [rule | {"operations": operations}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "reinvocationPolicy": again,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }
