"""What the doctor says of a pod in Azure: who it is by the cluster, and what Azure answers."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from initsync.doctor import diagnoses
from initsync.doctor.diagnoses import Asker, Patient
from initsync.doctor.result import Result, Unread
from initsync.kube.reads import Reads
from initsync.network.transport import Network
from initsync.testing.pki import Authority
from initsync.words.errors import ClusterForbidden
from initsync.words.model import PodRef, SyncRequest
from tests.initsync.providers.azure.fake_azure import CLIENT, SUBJECT, TENANT, FakeAzure

FILE = "/var/run/secrets/azure/tokens/azure-identity-token"
VARIABLES = {
    "AZURE_CLIENT_ID": CLIENT,
    "AZURE_TENANT_ID": TENANT,
    "AZURE_FEDERATED_TOKEN_FILE": FILE,
    "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
}
NOBODY: dict[str, str] = {}
ACCOUNT = {"metadata": {"annotations": {"azure.workload.identity/client-id": CLIENT}}}
REQUEST = SyncRequest("azure-keyvault", "shop/db", "db", PodRef("shop", "web", "0b2a"))
NO_ALTERNATIVE = "; if it stays so, Azure's webhook is not there or not reached"


def pod(env: Mapping[str, str] = VARIABLES, labels: Any = None, mounted: bool = True) -> Any:
    """As Azure's webhook leaves it."""
    token = {"serviceAccountToken": {"path": "azure-identity-token", "audience": "api://own"}}
    volume = {"name": "azure-identity-token", "projected": {"sources": [token]}}
    mount = {"name": volume["name"], "mountPath": "/var/run/secrets/azure/tokens"}
    ours = {
        "name": "jasm-init",
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "volumeMounts": [mount] if mounted else [],
    }
    marks = {"labels": {"azure.workload.identity/use": "true"} if labels is None else labels}
    spec = {"serviceAccountName": "app", "initContainers": [ours], "volumes": [volume]}
    return {"metadata": {"name": "web", "namespace": "shop", **marks}, "spec": spec}


def identity(found: Any, account: Any = ACCOUNT, path: str = "shop/db") -> list[Result]:
    request = REQUEST._replace(secret_path=path)
    return list(diagnoses.identity([request], Patient(found, account)))


def test_a_pod_that_the_webhook_served() -> None:
    (result,) = identity(pod())

    whom = f"application {CLIENT} of tenant {TENANT}"
    said = f"workload identity: {whom}, by a token for api://own at {FILE}"
    assert result == Result("identity", "ok", said)


@pytest.mark.parametrize(
    ("found", "account", "said"),
    [
        (
            pod(NOBODY, labels={}),
            ACCOUNT,
            'no Azure identity; label the pod azure.workload.identity/use: "',
        ),
        (
            pod(NOBODY),
            {"metadata": {}},
            "; annotate the ServiceAccount azure.workload.identity/client-id",
        ),
        (pod(NOBODY), ACCOUNT, NO_ALTERNATIVE),
        (pod(NOBODY), None, "there is no ServiceAccount app"),
        (pod(NOBODY), Unread("you may not"), "(the ServiceAccount was not read: you may not)"),
        (pod(VARIABLES | {"AZURE_TENANT_ID": ""}), ACCOUNT, "jasm-init lacks AZURE_TENANT_ID"),
        (pod(mounted=False), ACCOUNT, f"no volume with a token is mounted at {FILE}"),
    ],
)
def test_a_pod_without_identity_is_told_what_it_lacks(found: Any, account: Any, said: str) -> None:
    (result,) = identity(found, account)

    assert said in str(result)
    assert result.status == "failed"


def test_a_pod_that_was_made_before_the_annotation_is_told() -> None:
    other = {"metadata": {"annotations": {"azure.workload.identity/client-id": "another"}}}

    (result,) = identity(pod(), other)

    assert (result.status, "ServiceAccount has 'another'" in result.message) == ("warning", True)


def test_a_pod_without_our_container_is_another_checks_matter() -> None:
    found = pod()
    found["spec"]["initContainers"] = []

    assert [it.status for it in identity(found)] == ["skipped"]


@pytest.mark.parametrize(
    ("env", "path", "said"),
    [
        ({}, "db", "JASM_AZURE_VAULT is not set"),
        ({"AZURE_AUTHORITY_HOST": "https://login.example"}, "shop/db", "JASM_AZURE_VAULT_SUFFIX"),
    ],
)
def test_a_vault_that_nobody_names_is_told(env: dict[str, str], path: str, said: str) -> None:
    _, result = identity(pod(VARIABLES | env), path=path)

    assert (result.check, result.status, result.exit_code) == ("vault", "failed", 2)
    assert said in str(result)


class OneToken:
    """A cluster that gives one token, or none."""

    def __init__(self, token: str) -> None:
        self.token, self.asked = token, list[Any]()

    def create(self, _: object, namespace: str, body: Any, name: str = "") -> Any:
        self.asked.append((namespace, name, body["spec"]["audiences"]))
        if not self.token:
            raise ClusterForbidden("create a token", "no", "you may not")
        return {"status": {"token": self.token}}


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAzure]:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    with FakeAzure(authority, tmp_path) as fake:
        yield fake


def ask(azure: FakeAzure, found: Any, env: dict[str, str], token: str | None = None) -> Any:
    """The results, and what the cluster was asked for; as the pod where there is a token."""
    cluster = OneToken(token or "")
    network = Network({"https_proxy": azure.url}, lambda: 60.0, lambda _: None)
    asker = Asker(env, cast("Reads", cluster), network, token is not None)
    results = list(diagnoses.asked(asker, [REQUEST], Patient(found, ACCOUNT)))
    network.close()
    return results, cluster.asked


def test_as_the_pod_it_asks_by_a_token_of_the_pods_own(azure: FakeAzure) -> None:
    azure.put("shop", "db", '{"password": "pl4nted"}')

    results, asked = ask(azure, pod(), {}, azure.give_token())

    assert asked == [("shop", "app", ["api://own"])]
    assert [str(it) for it in results] == [
        f"ok      cloud-identity: the pod is application {CLIENT} of tenant {TENANT}",
        "ok      cloud-secret: shop/db has 1 key: password, read as the pod",
    ]


def test_what_azure_refuses_to_the_pod_is_a_failure(azure: FakeAzure) -> None:
    azure.readers.clear()

    who, secret = ask(azure, pod(), {}, azure.give_token())[0]
    stranger, left = ask(azure, pod(), {}, azure.give_token(sub=f"{SUBJECT}s"))[0]

    assert (who.status, secret.status) == ("ok", "failed")
    assert "Key Vault Secrets User" in secret.message
    assert (stranger.status, left.status) == ("failed", "skipped")
    assert "No matching federated identity" in stranger.message


def test_whoever_may_make_no_token_is_told_so(azure: FakeAzure) -> None:
    results, _ = ask(azure, pod(), {}, "")

    assert [(it.status, it.message) for it in results] == [("skipped", "you may not")] * 2
    assert azure.asked == []


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (NOBODY, "the pod has no workload identity"),
        (
            VARIABLES | {"AZURE_KUBERNETES_TOKEN_PROXY": "https://10.0.0.1"},
            "the pod's identity is bound to its cluster, whose token proxy answers none but pods",
        ),
    ],
)
def test_whom_it_cannot_ask_as_it_says(azure: FakeAzure, env: Mapping[str, str], said: str) -> None:
    results, asked = ask(azure, pod(env), {}, "unused")

    assert {it.message for it in results} == {said}
    assert asked == azure.asked == []


def logged_in(azure: FakeAzure, directory: Path) -> dict[str, str]:
    """As somebody whose `az` gives what the stand-in takes for a token."""
    ask(azure, pod(), {}, azure.give_token())
    bearer = azure.asked[-1].headers["authorization"].removeprefix("Bearer ")
    answer = json.dumps({"accessToken": bearer, "expires_on": 2**39, "tenant": "t1"})
    (directory / "az").write_text(f"#!/bin/sh\necho '{answer}'\n")
    (directory / "az").chmod(0o755)
    return {"PATH": str(directory)}


def test_as_the_caller_it_asks_the_pods_cloud_as_whom_az_is(
    azure: FakeAzure, tmp_path: Path
) -> None:
    azure.put("shop", "db", '{"password": "pl4nted"}')
    env = logged_in(azure, tmp_path)

    who, secret = ask(azure, pod(), env)[0]

    assert who.message == "you are whom az is logged in as, in tenant t1"
    assert secret.message.startswith("shop/db has 1 key: password, read by you")


@pytest.mark.parametrize(
    "more",
    [
        {"JASM_AZURE_VAULT_SUFFIX": "vault.elsewhere.example"},
        {"AZURE_AUTHORITY_HOST": "https://elsewhere.example/"},
    ],
)
def test_the_callers_token_goes_to_no_host_that_a_pod_names(
    azure: FakeAzure, tmp_path: Path, more: dict[str, str]
) -> None:
    env = logged_in(azure, tmp_path)
    azure.asked.clear()

    ask(azure, pod(VARIABLES | more), env)

    assert {it.headers["host"] for it in azure.asked} == {"shop.vault.azure.net"}


def test_what_azure_refuses_to_the_caller_says_nothing_of_the_pod(
    azure: FakeAzure, tmp_path: Path
) -> None:
    env = logged_in(azure, tmp_path)
    azure.readers.clear()

    _, secret = ask(azure, pod(), env)[0]
    nobody, left = ask(azure, pod(), {"PATH": ""})[0]

    assert (secret.status, "says nothing of the pod" in secret.message) == ("skipped", True)
    assert (nobody.status, left.status) == ("skipped", "skipped")
    assert "you have no Azure identity that works: az: not installed" in nobody.message
