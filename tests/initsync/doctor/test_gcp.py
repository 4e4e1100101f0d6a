"""What the doctor says of a pod on GKE and elsewhere: by the cluster, and what Google answers."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from initsync.doctor import diagnoses
from initsync.doctor.diagnoses import Asker, Patient
from initsync.doctor.result import Result, Unread
from initsync.kube.api import Resource
from initsync.kube.reads import Reads
from initsync.network.transport import Network
from initsync.testing.pki import Authority
from initsync.words import keys
from initsync.words.errors import ClusterForbidden
from initsync.words.model import PodRef, SyncRequest
from tests.initsync.providers.fake_cloud import signed
from tests.initsync.providers.gcp.fake_gcp import (
    AUDIENCE,
    GSA,
    POOL,
    PROJECT,
    SCOPE,
    SUBJECT,
    FakeGcp,
)

PATH = f"projects/{PROJECT}/secrets/db"
REQUEST = SyncRequest("gcp-secret-manager", PATH, "db", PodRef("shop", "web", "0b2a"))
FILE = f"{keys.SERVICEACCOUNT_DIR}/gcp-token"
ACCOUNT = {"metadata": {"name": "app"}}
MARKED = {"metadata": {"annotations": {"iam.gke.io/gcp-service-account": GSA}}}
CONFIGURATION = {
    "type": "external_account",
    "audience": AUDIENCE,
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "credential_source": {"file": FILE},
}


def pod(
    env: Mapping[str, str] | None = None, audience: str = AUDIENCE, elsewhere: bool = True
) -> Any:
    """As the injector leaves it, with the platform's tokens and ConfigMap or without."""
    own = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}
    token = {"serviceAccountToken": {"path": "gcp-token", "audience": audience}}
    items = [{"key": "own.json", "path": "cloud-credentials.json"}]
    given = {"configMap": {"name": "gcp-credentials", "items": items}}
    sources = [own, *([token, given] if elsewhere else [])]
    volume = {"name": "jasm-token", "projected": {"sources": sources}}
    ours = {
        "name": keys.CONTAINER,
        "env": [{"name": name, "value": value} for name, value in (env or {}).items()],
        "volumeMounts": [{"name": "jasm-token", "mountPath": keys.SERVICEACCOUNT_DIR}],
    }
    spec = {"serviceAccountName": "app", "initContainers": [ours], "volumes": [volume]}
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def identity(found: Any, account: Any = ACCOUNT, path: str = PATH) -> list[Result]:
    request = REQUEST._replace(secret_path=path)
    return list(diagnoses.identity([request], Patient(found, account)))


@pytest.mark.parametrize(
    ("found", "account", "said"),
    [
        (pod(), ACCOUNT, "cloud-credentials.json, of ConfigMap gcp-credentials"),
        (
            pod({"GOOGLE_APPLICATION_CREDENTIALS": "/a/b.json"}),
            ACCOUNT,
            "at /a/b.json, as far as the pod says",
        ),
        (pod(elsewhere=False), ACCOUNT, "ServiceAccount app as itself, by GKE's metadata server"),
        (pod(elsewhere=False), Unread("no"), "ServiceAccount app as itself, by GKE's metadata"),
        (pod(elsewhere=False), MARKED, f"ServiceAccount app as Google service account {GSA}"),
    ],
)
def test_where_its_identity_comes_from_is_told(found: Any, account: Any, said: str) -> None:
    (result,) = identity(found, account)

    assert (result.status, result.check) == ("ok", "identity")
    assert said in result.message


def test_a_service_account_that_is_not_there_is_told() -> None:
    (result,) = identity(pod(elsewhere=False), None)

    assert str(result) == "failed  identity: there is no ServiceAccount app; create it"


def test_on_the_hosts_network_it_is_the_node() -> None:
    found = pod(elsewhere=False)
    found["spec"]["hostNetwork"] = True

    (result,) = identity(found)

    assert result.status == "warning"
    assert "GKE gives it the node's identity" in result.message


def test_a_project_that_nobody_names_is_told_where_it_is_needed() -> None:
    _, result = identity(pod(), path="db")

    assert (result.check, result.status, result.exit_code) == ("project", "failed", 2)
    assert len(identity(pod({"GOOGLE_CLOUD_PROJECT": PROJECT}), path="db")) == 1
    assert len(identity(pod(elsewhere=False), path="db")) == 1  # the cluster's


def test_a_pod_without_our_container_is_another_checks_matter() -> None:
    found = pod()
    found["spec"]["initContainers"] = []

    assert [it.status for it in identity(found)] == ["skipped"]


class Cluster:
    """It gives one token, or none, and one ConfigMap, or none."""

    def __init__(self, token: str, stored: Any) -> None:
        self.token, self.stored = token, stored
        self.asked: list[Any] = []

    def get(self, resource: Resource, namespace: str, name: str) -> Any:
        self.asked.append((resource.plural, namespace, name))
        if self.stored == "forbidden":
            raise ClusterForbidden("get it", "no", "you may not")
        return self.stored

    def create(self, _: object, namespace: str, body: Any, name: str = "") -> Any:
        self.asked.append((namespace, name, body["spec"]["audiences"]))
        if not self.token:
            raise ClusterForbidden("create a token", "no", "you may not")
        return {"status": {"token": self.token}}


@pytest.fixture
def gcp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGcp]:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    with FakeGcp(authority, tmp_path) as fake:
        yield fake


def config_map(text: str | None = None) -> Any:
    return {"data": {"own.json": json.dumps(CONFIGURATION) if text is None else text}}


def ask(
    gcp: FakeGcp, found: Any, token: str | None, stored: Any = None, **env: str
) -> tuple[list[Result], Any]:
    """The results, and what the cluster was asked for; as the pod where there is a token."""
    cluster = Cluster(token or "", stored)
    network = Network({"https_proxy": gcp.url}, lambda: 60.0, lambda _: None)
    asker = Asker(env, cast("Reads", cluster), network, token is not None)
    results = list(diagnoses.asked(asker, [REQUEST], Patient(found, ACCOUNT)))
    network.close()
    return results, cluster.asked


def test_as_the_pod_it_asks_by_a_token_of_the_pods_own(gcp: FakeGcp) -> None:
    gcp.put("db", b'{"password": "pl4nted"}')

    results, asked = ask(gcp, pod(), gcp.give_token().read_text(), config_map())

    assert asked == [("configmaps", "shop", "gcp-credentials"), ("shop", "app", [AUDIENCE])]
    assert [str(it) for it in results] == [
        f"ok      cloud-identity: the pod is principal:{POOL}/subject/{SUBJECT}",
        f"ok      cloud-secret: {PATH} has 1 key: password, read as the pod",
    ]


def test_what_google_refuses_to_the_pod_is_a_failure(gcp: FakeGcp) -> None:
    gcp.readers.clear()
    right = gcp.give_token().read_text()

    (who, secret), _ = ask(gcp, pod(), right, config_map())
    (stranger, left), _ = ask(gcp, pod(), gcp.give_token(aud="x").read_text(), config_map())

    assert (who.status, secret.status) == ("ok", "failed")
    assert "grant it roles/secretmanager.secretAccessor" in secret.message
    assert (stranger.status, left.status) == ("failed", "skipped")
    assert "does not match the expected audience" in stranger.message


@pytest.mark.parametrize(
    ("found", "stored", "status", "said"),
    [
        (pod(elsewhere=False), None, "skipped", "metadata server answers none but pods"),
        (pod(), "forbidden", "skipped", "you may not"),
        (pod(), None, "failed", "gcp-credentials has no credential configuration as own.json"),
        (pod(), config_map("pl4nted"), "failed", "has no credential configuration as own.json"),
        (pod(), config_map("{}"), "failed", "has no credential configuration as own.json"),
        (pod(), config_map('{"credential_source": {}}'), "failed", "is mounted at '' in the pod"),
        (pod(audience=""), config_map(), "failed", "no token of its own for Google is mounted"),
        (pod(), config_map(), "skipped", "you may not"),
    ],
)
def test_what_it_cannot_ask_as_the_pod_it_says(
    gcp: FakeGcp, found: Any, stored: Any, status: str, said: str
) -> None:
    (who, secret), _ = ask(gcp, found, "", stored)

    assert (who.status, secret.status) == (status, "skipped")
    assert said in who.message
    assert "pl4nted" not in who.message
    assert gcp.asked == []


def test_as_the_caller_it_asks_as_whom_gcloud_is(gcp: FakeGcp, tmp_path: Path) -> None:
    gcp.put("db", b'{"password": "pl4nted"}')
    bearer = "ya29." + signed({"who": GSA, "scope": SCOPE})
    (tmp_path / "gcloud").write_text(f"#!/bin/sh\necho {bearer}\n")
    (tmp_path / "gcloud").chmod(0o755)

    (who, secret), _ = ask(gcp, pod(), None, PATH=str(tmp_path))
    gcp.readers.clear()
    (_, refused), _ = ask(gcp, pod(), None, PATH=str(tmp_path))

    assert who.message.startswith("you are ")
    assert secret.message.startswith(f"{PATH} has 1 key: password, read by you")
    assert (refused.status, "says nothing of the pod" in refused.message) == ("skipped", True)


def test_the_callers_token_goes_to_no_universe_that_a_pod_names(
    gcp: FakeGcp, tmp_path: Path
) -> None:
    (tmp_path / "gcloud").write_text("#!/bin/sh\necho ya29.pl4nted\n")
    (tmp_path / "gcloud").chmod(0o755)

    ask(gcp, pod({"GOOGLE_CLOUD_UNIVERSE_DOMAIN": "elsewhere.example"}), None, PATH=str(tmp_path))

    hosts = {it.headers["host"] for it in gcp.asked}
    assert hosts
    assert all(host.endswith(".googleapis.com") for host in hosts)


def test_a_caller_without_a_login_is_told(gcp: FakeGcp) -> None:
    (who, secret), _ = ask(gcp, pod(), None, PATH="")

    assert (who.status, secret.status) == ("skipped", "skipped")
    assert "you have no Google identity that works: gcloud: not installed" in who.message
