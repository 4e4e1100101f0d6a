"""Pods with Secrets from Google: what is written, told and loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from initsync.pod import once, podinfo
from initsync.sync.log import from_env
from initsync.testing.apiserver import EmbeddedApiServer
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World as Pod
from tests.initsync.pod.test_modules_loaded import SYNC
from tests.initsync.providers.gcp.fake_gcp import GSA, PROJECT, FakeGcp, refused

HOME = f"projects/{PROJECT}/secrets"
ENTRY = "- {{provider: gcp-secret-manager, path: {name}, secretName: {name}}}\n"


@pytest.fixture
def pod(api: EmbeddedApiServer, aws: FakeAws, gcp: FakeGcp, tmp_path: Path) -> Pod:
    """On GKE, of the image whose metadata server is the stand-in. Its annotation asks for db."""
    made = Pod(api, aws, tmp_path)
    text = f"provider: gcp-secret-manager\npath: {HOME}/db\nsecretName: db\n"
    made.annotate(**{"secret-sync": text})
    made.env |= gcp.env | {"HTTPS_PROXY": gcp.url, "SSL_CERT_FILE": gcp.ca}
    made.env["JASM_TIMEOUT"] = "10"
    return made


def run(pod: Pod) -> int:
    """One sync of an init container; the exit code."""
    log = from_env(pod.env, pod.log, lambda: pod.time.now)
    annotations = podinfo.read_annotations(once.directory(pod.env))
    synced = once.sync(pod.env, annotations, log)
    once.tell(pod.env, synced, log)
    synced.close()
    return synced.exit_code


@pytest.mark.parametrize("elsewhere", [False, True], ids=["GKE", "elsewhere"])
def test_a_pod_gets_its_secret(pod: Pod, gcp: FakeGcp, elsewhere: bool) -> None:
    gcp.put("db", b'{"user": "shop", "password": "pl4nted"}')
    pod.env |= gcp.configuration() if elsewhere else {}

    assert run(pod) == 0

    assert pod.values() == {"user": "shop", "password": "pl4nted"}
    (event,) = pod.events()
    said = f"Secret db created with 2 keys from gcp-secret-manager {HOME}/db (version 1)"
    assert (event["reason"], event["message"]) == ("SecretSynced", said)


def test_bytes_are_a_value_as_they_are(pod: Pod, gcp: FakeGcp) -> None:
    gcp.put("db", b"pl4nted\n")
    text = f"provider: gcp-secret-manager\npath: {HOME}/db\nsecretName: db\n"
    pod.annotate(**{"secret-sync": text + "format: text\nkeys: [PASSWORD]\n"})

    assert run(pod) == 0

    assert pod.values() == {"PASSWORD": "pl4nted\n"}


def test_many_secrets_need_one_token_and_one_project(pod: Pod, gcp: FakeGcp) -> None:
    for name in ("db", "mail"):
        gcp.put(name, b'{"a": "pl4nted"}')
    names = ("db", "mail", "nope")
    pod.annotate(**{"secret-sync": "secrets:\n" + "".join(ENTRY.format(name=it) for it in names)})

    assert run(pod) == 4

    assert sorted(pod.reasons()) == ["ExternalSecretNotFound", "SecretSynced"]
    assert len(gcp.requests("metadata")) == 2
    assert len(gcp.requests("secret")) == 3


def test_a_metadata_server_that_is_not_ready_is_waited_for(pod: Pod, gcp: FakeGcp) -> None:
    gcp.put("db", b'{"password": "pl4nted"}')
    gcp.will("metadata", 503, b"not ready", Retry_After="0")

    assert run(pod) == 0


def test_throttling_is_waited_out(pod: Pod, gcp: FakeGcp) -> None:
    gcp.put("db", b'{"password": "pl4nted"}')
    gcp.will("secret", 429, refused(429, "RESOURCE_EXHAUSTED", "Quota").body, Retry_After="0")

    assert run(pod) == 0


def test_a_denial_is_told_at_the_pod(pod: Pod, gcp: FakeGcp) -> None:
    gcp.readers.clear()

    assert run(pod) == 4

    (event,) = pod.events()
    assert (event["reason"], event["type"]) == ("ExternalSecretAccessDenied", "Warning")
    assert f"refused Google service account {GSA} (" in event["message"]


@pytest.mark.parametrize(
    ("elsewhere", "own"), [(False, "metadata"), (True, "external")], ids=["GKE", "elsewhere"]
)
def test_a_sync_loads_nothing_of_other_clouds_and_nothing_for_failures(
    pod: Pod, gcp: FakeGcp, elsewhere: bool, own: str
) -> None:
    gcp.put("db", b'{"password": "pl4nted"}')
    pod.env |= gcp.configuration() if elsewhere else {}
    del pod.env["JASM_MODE"]
    command = [sys.executable, "-ISc", SYNC]

    loaded = subprocess.run(
        command, env=pod.env, check=True, capture_output=True, text=True
    ).stdout.split()

    names = sorted(["api", "crc32c", own, "identity", "paths", "secretmanager", "universe"])
    assert [it for it in loaded if it.startswith("initsync.providers.")] == [
        "initsync.providers.bearer",
        "initsync.providers.gcp",
        *(f"initsync.providers.gcp.{it}" for it in names),
    ]
    heavy = {"threading", "http.client", "random", "dataclasses", "subprocess", "shutil"}
    assert heavy & set(loaded) == set()
