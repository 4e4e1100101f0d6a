"""Next to another mutating webhook, called before ours and after it: the pod is right in both."""

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonpatch
import pytest

from initsync import keys
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from tests.cluster.injector_side import (
    Broken,
    annotated,
    create,
    is_injected,
    register,
    review,
    until,
)

MARK = "neighbour.example.org/was-here"
Change = Callable[[dict[str, Any]], None]


def adds_a_container_first(spec: dict[str, Any]) -> None:
    spec["containers"].insert(0, {"name": "agent", "image": "i"})


def adds_variables_and_a_volume_everywhere(spec: dict[str, Any]) -> None:
    spec.setdefault("volumes", []).append({"name": "shared", "emptyDir": {}})
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        container.setdefault("env", []).append({"name": "AGENT", "value": "1"})
        mounts = container.setdefault("volumeMounts", [])
        mounts.append({"name": "shared", "mountPath": "/shared"})


def adds_an_init_container_first(spec: dict[str, Any]) -> None:
    spec.setdefault("initContainers", []).insert(0, {"name": "agent-init", "image": "i"})


def adds_a_native_mesh_proxy(spec: dict[str, Any]) -> None:
    proxy = {"name": "istio-proxy", "image": "i", "restartPolicy": "Always"}
    spec.setdefault("initContainers", []).insert(0, proxy)


def adds_an_aws_identity(spec: dict[str, Any]) -> None:
    source = {"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "token"}}
    volume = {"name": "aws-iam-token", "projected": {"sources": [source]}}
    spec.setdefault("volumes", []).append(volume)
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        container.setdefault("env", []).append({"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::1"})
        mount = {"name": "aws-iam-token", "mountPath": "/var/run/secrets/eks", "readOnly": True}
        container.setdefault("volumeMounts", []).append(mount)


CHANGES = [
    adds_a_container_first,
    adds_variables_and_a_volume_everywhere,
    adds_an_init_container_first,
    adds_a_native_mesh_proxy,
    adds_an_aws_identity,
]


def neighbour(change: Change) -> Callable[[ssl.SSLSocket], None]:
    """A webhook that changes each pod once, as idempotent ones do."""

    def handle(client: ssl.SSLSocket) -> None:
        request = json.loads(_body(client))["request"]
        pod = request["object"]
        before = json.loads(json.dumps(pod))
        annotations = pod["metadata"].setdefault("annotations", {})
        if MARK not in annotations:
            annotations[MARK] = "yes"
            change(pod["spec"])
        patch = base64.b64encode(jsonpatch.make_patch(before, pod).to_string().encode()).decode()
        raw = review(request["uid"], patch=patch, patchType="JSONPatch")
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        client.sendall(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)

    return handle


def _body(client: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += client.recv(65_536)
    return body


@pytest.fixture(scope="module")
def ours() -> Iterator[Webhook]:
    with Webhook() as webhook:
        yield webhook


@pytest.fixture
def api(real_api: ControlPlane, ours: Webhook) -> Iterator[ControlPlane]:
    register(real_api, ours.url, ours.ca_pem)
    yield real_api
    real_api.unregister_webhook()


def registration(name: str, namespace: str, url: str, ca_pem: str) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    bundle = base64.b64encode(ca_pem.encode()).decode()
    webhook = {
        "name": "neighbour.example.org",
        "clientConfig": {"url": url, "caBundle": bundle},
        "rules": [rule | {"operations": ["CREATE"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "reinvocationPolicy": "IfNeeded",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("name", ["a-neighbour", "z-neighbour"], ids=["before us", "after us"])
def test_the_pod_is_right_whoever_comes_first(
    api: ControlPlane, namespace: str, tmp_path: Path, name: str, change: Change
) -> None:
    with Broken(tmp_path, neighbour(change)) as other:
        api.apply(registration(name, namespace, other.url, other.authority.pem))
        pod = annotated(namespace)
        until(lambda: _both(create(api, pod)))

        first, second = (create(api, pod).body["spec"] for _ in range(2))
        path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
        api.request("DELETE", f"{path}/{name}")

    assert _names(first) == _names(second), "it is the same each time"
    _is_right(first, before_us=name < "jasm")


def _both(answer: Any) -> bool:
    return (
        answer.status == 201
        and is_injected(answer)
        and MARK in answer.body["metadata"]["annotations"]
    )


def _names(spec: dict[str, Any]) -> list[list[str]]:
    parts = ("containers", "initContainers", "volumes")
    return [[item["name"] for item in spec[part]] for part in parts[:2]] + [
        [volume["name"].partition("kube-api-access-")[0] for volume in spec[parts[2]]]
    ]


def _is_right(spec: dict[str, Any], *, before_us: bool) -> None:
    names = [container["name"] for container in spec["initContainers"]]
    assert names.count(keys.CONTAINER) == 1
    if "istio-proxy" in names and before_us:
        assert names.index(keys.CONTAINER) == names.index("istio-proxy") + 1
    init = spec["initContainers"][names.index(keys.CONTAINER)]
    mounts = [mount["name"] for mount in init["volumeMounts"]]
    assert len(set(mounts)) == len(mounts)
    assert {"jasm-podinfo", "jasm-token"} <= set(mounts)
    variables = [entry["name"] for entry in init["env"]]
    assert len(set(variables)) == len(variables)
    if any(volume["name"] == "aws-iam-token" for volume in spec["volumes"]):
        assert variables.count("AWS_ROLE_ARN") == mounts.count("aws-iam-token") == 1
