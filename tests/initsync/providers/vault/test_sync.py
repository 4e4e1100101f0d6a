"""Pods with Secrets from a real OpenBao: what is written, told, loaded, and given back."""

import subprocess
import sys
from pathlib import Path

import pytest

from initsync.pod import once, podinfo
from initsync.sync.log import from_env
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words import keys
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World as Pod
from tests.initsync.pod.test_modules_loaded import SYNC
from tests.openbao.world import World

ENTRY = "- {{provider: vault, path: secret/app/{name}, secretName: {name}}}\n"


@pytest.fixture
def pod(api: EmbeddedApiServer, aws: FakeAws, world: World, tmp_path: Path) -> Pod:
    """Its annotation asks for secret/app/db."""
    made = Pod(api, aws, tmp_path)
    (tmp_path / "account" / "vault-token").write_text(world.issuer.token())
    made.annotate(**{"secret-sync": "provider: vault\npath: secret/app/db\nsecretName: db\n"})
    made.env |= {
        "VAULT_ADDR": world.bao.url,
        "VAULT_CACERT": world.bao.ca_file,
        "JASM_VAULT_AUTH": "jwt",
        "JASM_VAULT_TOKEN_FILE": str(tmp_path / "account" / "vault-token"),
        "JASM_TIMEOUT": "10",
    }
    return made


def run(pod: Pod) -> int:
    """One sync of an init container; the exit code."""
    log = from_env(pod.env, pod.log, lambda: pod.time.now)
    annotations = podinfo.read_annotations(once.directory(pod.env))
    synced = once.sync(pod.env, annotations, log)
    once.tell(pod.env, synced, log)
    synced.close()
    return synced.exit_code


def test_a_pod_gets_its_secret_and_gives_its_token_back(pod: Pod, world: World) -> None:
    before = world.bao.tokens()

    assert run(pod) == 0

    assert pod.values() == {"user": "root", "password": "pl4nted three"}
    (event,) = pod.events()
    said = "Secret db created with 2 keys from vault secret/app/db (version 3)"
    assert (event["reason"], event["message"]) == ("SecretSynced", said)
    assert world.bao.tokens() == before


def test_many_secrets_need_one_login(pod: Pod, world: World) -> None:
    names = ("db", "kinds", "long", "nope")
    text = "secrets:\n" + "".join(ENTRY.format(name=name) for name in names)
    pod.annotate(**{"secret-sync": text})
    pod.env["JASM_LOG_LEVEL"] = "debug"
    before = world.bao.tokens()

    assert run(pod) == 4

    assert sorted(pod.reasons()) == ["ExternalSecretNotFound", "SecretSynced"]
    asked = [line for line in pod.lines() if "/auth/" in line]
    assert [line.count("login") for line in asked] == [1, 0]
    assert world.bao.tokens() == before


def test_a_sidecar_keeps_its_token_until_it_is_refused(pod: Pod, world: World) -> None:
    before, side = world.bao.tokens(), pod.sidecar()

    assert side.start() == 0
    pod.cycle(side, times=3)
    assert world.bao.tokens() == before + 1

    pod.annotate(**{"secret-sync": "provider: vault\npath: secret/theirs\nsecretName: db\n"})
    pod.cycle(side)
    assert pod.reasons()[-1] == "ExternalSecretAccessDenied"
    assert world.bao.tokens() == before


def test_a_failure_gives_it_back_too(pod: Pod, world: World, api: EmbeddedApiServer) -> None:
    pod.annotate(**{"secret-sync": "provider: vault\npath: secret/theirs\nsecretName: db\n"})
    before = world.bao.tokens()

    assert run(pod) == 4

    assert pod.reasons() == ["ExternalSecretAccessDenied"]
    assert world.bao.tokens() == before


def test_an_older_answer_than_the_secret_leaves_it_as_it_is(
    pod: Pod, world: World, api: EmbeddedApiServer
) -> None:
    """As a standby that lags would give it."""
    assert run(pod) == 0
    version = {"metadata": {"annotations": {keys.VERSION: "4"}}, "data": {"user": "bmV3"}}
    target = f"/api/v1/namespaces/{pod.namespace}/secrets/db"
    api.request("PATCH", target, version, "application/merge-patch+json")

    pod.env["JASM_TIMEOUT"] = "0"
    assert run(pod) == 0

    assert pod.values()["user"] == "new"
    assert pod.reasons()[-1] == "StaleSecret"
    assert "Secret db has version 4 already" in pod.events()[-1]["message"]


def test_a_field_that_the_platform_does_not_allow_is_told(pod: Pod) -> None:
    text = "provider: vault\npath: secret/app/db\nsecretName: db\nrole: wide\n"
    pod.annotate(**{"secret-sync": text})

    assert run(pod) == 3

    (event,) = pod.events()
    assert event["reason"] == "InvalidAnnotation"
    assert "role is 'wide', but must be left out" in event["message"]


def test_a_sync_loads_nothing_of_other_clouds_and_nothing_for_failures(pod: Pod) -> None:
    del pod.env["JASM_MODE"]
    command = [sys.executable, "-ISc", SYNC]

    loaded = subprocess.run(
        command, env=pod.env, check=True, capture_output=True, text=True
    ).stdout.split()

    ours = [it for it in loaded if it.startswith("initsync.providers.")]
    assert ours == [
        "initsync.providers.interface",
        "initsync.providers.vault",
        *(f"initsync.providers.vault.{it}" for it in ("api", "kv", "login", "paths", "settings")),
    ]
    assert "initsync.sync.laggard" not in loaded
    assert {"threading", "http.client", "random", "dataclasses"} & set(loaded) == set()
