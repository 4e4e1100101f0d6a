"""Pods with Secrets from Azure: what is written, told and loaded."""

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
from tests.initsync.providers.azure.fake_azure import NOW, FakeAzure

ENTRY = "- {{provider: azure-keyvault, path: shop/{name}, secretName: {name}}}\n"


@pytest.fixture
def pod(api: EmbeddedApiServer, aws: FakeAws, azure: FakeAzure, tmp_path: Path) -> Pod:
    """Its annotation asks for shop/db."""
    made = Pod(api, aws, tmp_path)
    made.annotate(**{"secret-sync": "provider: azure-keyvault\npath: shop/db\nsecretName: db\n"})
    made.env |= azure.env | {"HTTPS_PROXY": azure.url, "SSL_CERT_FILE": azure.ca}
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


def test_a_pod_gets_its_secret(pod: Pod, azure: FakeAzure) -> None:
    version = azure.put("shop", "db", '{"user": "shop", "password": "pl4nted"}')

    assert run(pod) == 0

    assert pod.values() == {"user": "shop", "password": "pl4nted"}
    (event,) = pod.events()
    said = f"Secret db created with 2 keys from azure-keyvault shop/db (version {version})"
    assert (event["reason"], event["message"]) == ("SecretSynced", said)


def test_an_expired_secret_is_written_and_warned_of(pod: Pod, azure: FakeAzure) -> None:
    azure.put("shop", "db", '{"password": "pl4nted"}', exp=NOW)

    assert run(pod) == 0

    assert pod.values() == {"password": "pl4nted"}
    (event,) = pod.events()
    assert (event["reason"], event["type"]) == ("ExternalSecretDoubtful", "Warning")
    assert "by its own date it expired at 2025-11-30T10:53:20Z: renew it" in event["message"]


def test_many_secrets_need_one_login(pod: Pod, azure: FakeAzure) -> None:
    for name in ("db", "mail"):
        azure.put("shop", name, '{"a": "pl4nted"}')
    names = ("db", "mail", "nope")
    pod.annotate(**{"secret-sync": "secrets:\n" + "".join(ENTRY.format(name=it) for it in names)})

    assert run(pod) == 4

    assert sorted(pod.reasons()) == ["ExternalSecretNotFound", "SecretSynced"]
    assert [it.method for it in azure.asked] == ["POST", "GET", "GET", "GET"]


def test_throttling_is_waited_out(pod: Pod, azure: FakeAzure) -> None:
    azure.put("shop", "db", '{"password": "pl4nted"}')
    body = {"error": {"code": "Throttled", "message": "too many requests"}}
    azure.will("secret", 429, body, Retry_After="0")

    assert run(pod) == 0

    assert [it.method for it in azure.asked] == ["POST", "GET", "GET"]


def test_a_sync_loads_nothing_of_other_clouds_and_nothing_for_failures(
    pod: Pod, azure: FakeAzure
) -> None:
    azure.put("shop", "db", '{"password": "pl4nted"}')
    del pod.env["JASM_MODE"]
    command = [sys.executable, "-ISc", SYNC]

    loaded = subprocess.run(
        command, env=pod.env, check=True, capture_output=True, text=True
    ).stdout.split()

    assert [it for it in loaded if it.startswith("initsync.providers.")] == [
        "initsync.providers.azure",
        *(f"initsync.providers.azure.{it}" for it in ("api", "clouds", "entra")),
        *(f"initsync.providers.azure.{it}" for it in ("keyvault", "paths")),
        "initsync.providers.bearer",
    ]
    heavy = {"threading", "http.client", "random", "dataclasses", "subprocess", "shutil"}
    assert heavy & set(loaded) == set()
