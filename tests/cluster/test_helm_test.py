"""`jasm-injector check`, which `helm test` runs in a pod, on the real API server."""

import base64
import datetime
import ssl
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from initsync.words.model import JsonObject
from injector.certs import issue
from injector.cli import probe
from tests.cluster.injector_side import Broken, answering
from tests.polling import until

NAME = "jasm-checked"
HOST = f"{NAME}.jasm-system.svc"
ADDRESS = "127.0.0.1"
RBAC = "rbac.authorization.k8s.io"


class Cluster:
    """A registration, and what a pod that may read it has."""

    def __init__(self, api: ControlPlane, namespace: str, directory: Path) -> None:
        self.api, self.namespace, self.account = api, namespace, directory / "account"
        self.account.mkdir()
        (self.account / "ca.crt").write_text(Path(api.ca_file).read_text())
        token = api.create_token(namespace, "default")
        (self.account / "token").write_text(token)
        host, port = urlsplit(api.url).netloc.split(":")
        self.env = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}

    def register(self, url: str, ca_pem: str) -> None:
        service = {"name": NAME, "namespace": "jasm-system", "path": "/mutate"}
        client: JsonObject = {"service": service | {"port": urlsplit(url).port}}
        if ca_pem:
            client["caBundle"] = base64.b64encode(ca_pem.encode()).decode()
        never = [{"name": "never", "expression": "false"}]
        webhook = {
            "name": "checked.jasm.codnod.io",
            "clientConfig": client,
            "matchConditions": never,
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": 2,
        }
        version, kind = "admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"
        registration: JsonObject = {"apiVersion": version, "kind": kind, "webhooks": [webhook]}
        self.api.apply(registration | {"metadata": {"name": NAME}})

    def check(self) -> None:
        for entry in probe.registered(NAME, self.env, str(self.account)):
            probe.ask(entry, ADDRESS)


@pytest.fixture
def cluster(real_api: ControlPlane, tmp_path: Path) -> Iterator[Cluster]:
    name = f"t-{uuid.uuid4().hex[:10]}"
    real_api.create_namespace(name)
    yield Cluster(real_api, name, tmp_path)
    version, kind = "admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations"
    real_api.request("DELETE", f"/apis/{version}/{kind}/{NAME}")


@pytest.fixture
def allowed(cluster: Cluster) -> Cluster:
    """By the Role that the chart gives to the test's pod, of another name."""
    rule = {
        "apiGroups": ["admissionregistration.k8s.io"],
        "resources": ["mutatingwebhookconfigurations"],
        "resourceNames": [NAME],
        "verbs": ["get"],
    }
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": cluster.namespace}
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": NAME}
    version = f"{RBAC}/v1"
    role = {"apiVersion": version, "kind": "ClusterRole", "metadata": {"name": NAME}}
    cluster.api.apply(role | {"rules": [rule]})
    binding = role | {"kind": "ClusterRoleBinding", "roleRef": reference, "subjects": [subject]}
    cluster.api.apply(binding)
    return cluster


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Webhook]:
    """Under the Service's name."""
    issue.self_signed(tmp_path / "certs", [HOST, ADDRESS], datetime.datetime.now(datetime.UTC), 2)
    with Webhook(certs=tmp_path / "certs") as webhook:
        yield webhook


def await_right(cluster: Cluster) -> None:
    def may() -> bool:
        try:
            return bool(probe.registered(NAME, cluster.env, str(cluster.account)))
        except probe.ProbeFailed:
            return False

    until(may)


def failure(cluster: Cluster) -> str:
    await_right(cluster)
    with pytest.raises(probe.ProbeFailed) as told:
        cluster.check()
    return str(told.value)


def test_an_injector_that_is_trusted_and_injects(allowed: Cluster, served: Webhook) -> None:
    allowed.register(served.url, served.ca_pem)
    await_right(allowed)

    allowed.check()

    assert served.calls() == 1


def test_without_the_right_to_read_the_registration(cluster: Cluster, served: Webhook) -> None:
    cluster.register(served.url, served.ca_pem)

    with pytest.raises(probe.ProbeFailed, match=r"cannot get .*:default.* cannot get resource"):
        cluster.check()


def test_a_ca_of_another_certificate(allowed: Cluster, served: Webhook, webhook: Webhook) -> None:
    allowed.register(served.url, webhook.ca_pem)

    said = failure(allowed)

    assert "API servers do not trust the injector at 127.0.0.1:" in said
    assert "set the webhook configuration's caBundle to the CA" in said


def test_a_certificate_for_another_name(allowed: Cluster, webhook: Webhook) -> None:
    allowed.register(webhook.url, webhook.ca_pem)

    assert f"certificate is not valid for '{HOST}'" in failure(allowed)


def test_no_ca_at_all(allowed: Cluster, served: Webhook) -> None:
    allowed.register(served.url, "")

    assert "has no caBundle" in failure(allowed)


def test_nobody_there(allowed: Cluster, served: Webhook) -> None:
    allowed.register("https://127.0.0.1:1/mutate", served.ca_pem)

    assert "Connection refused): look at its pods" in failure(allowed)


def test_something_else_that_answers(allowed: Cluster, tmp_path: Path) -> None:
    named = tmp_path / "named"
    issue.self_signed(named, [HOST], datetime.datetime.now(datetime.UTC), 2)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(named / "tls.crt", named / "tls.key")
    with Broken(tmp_path, answering("200 OK", b"{}"), context) as broken:
        allowed.register(broken.url, (named / "ca.crt").read_text())

        assert "did not inject a pod: status 200, {}" in failure(allowed)


def test_outside_of_a_pod(tmp_path: Path) -> None:
    with pytest.raises(probe.ProbeFailed, match="no pod's ServiceAccount is here"):
        probe.registered(NAME, {}, str(tmp_path))
