"""`initsync --pod NAME`: the same sync, with a kubeconfig and the operator's identity."""

import json
from pathlib import Path

import pytest

from initsync.testing.aws import AwsServer
from initsync.testing.server import ApiServer
from initsync.words import keys
from tests.cluster.by_hand import GOOD, as_process, create, run, write_kubeconfig

CREATED = "Secret db created with 1 key from aws-secretsmanager /prod/db"


def version(api: ApiServer, namespace: str) -> str:
    """Of what was written, by what the Secret says."""
    found = api.request("GET", f"/api/v1/namespaces/{namespace}/secrets/db").body
    return str(found["metadata"]["annotations"][keys.VERSION])


@pytest.fixture
def kubeconfig(api: ApiServer, namespace: str, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "kubeconfig", api, namespace)


def test_it_does_what_jasm_init_does(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    uid = create(api, namespace, GOOD)

    ended = run(kubeconfig, aws, "--pod", "web-1", way=as_process)

    said = f"{CREATED} (version {version(api, namespace)})"
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", f"{said}\n")
    events = api.request("GET", f"/api/v1/namespaces/{namespace}/events").body["items"]
    (event,) = (found for found in events if found["involvedObject"]["uid"] == uid)
    assert (event["message"], event["source"]["component"]) == (said, "initsync")


def test_json_is_for_scripts(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    create(api, namespace, GOOD)

    ended = run(kubeconfig, aws, "--pod", "web-1", "-o", "json")

    assert json.loads(ended.stdout) == {
        "action": "created",
        "namespace": namespace,
        "secretName": "db",
        "provider": "aws-secretsmanager",
        "path": "/prod/db",
        "version": version(api, namespace),
        "keys": 1,
        "message": f"{CREATED} (version {version(api, namespace)})",
    }


@pytest.mark.parametrize(
    ("annotation", "pod", "exit_code", "reason", "sentence"),
    [
        (GOOD, "web-9", 5, "KubernetesError", "see kubectl -n"),
        (None, "web-1", 2, "InvalidSetup", "has no annotation jasm.codnod.io/secret-sync"),
        ("", "web-1", 3, "InvalidAnnotation", "has no text (a Helm value that is not set?)"),
        (GOOD.replace(": db", ": DB"), "web-1", 3, "InvalidAnnotation", "DNS-1123 subdomain"),
    ],
)
def test_a_failure_is_a_sentence_and_an_exit_code(
    api: ApiServer,
    namespace: str,
    kubeconfig: Path,
    aws: AwsServer,
    annotation: str | None,
    pod: str,
    exit_code: int,
    reason: str,
    sentence: str,
) -> None:
    create(api, namespace, annotation)

    ended = run(kubeconfig, aws, "--pod", pod, "-o", "json")

    answer = json.loads(ended.stdout)
    assert (ended.returncode, answer["exitCode"], answer["error"]) == (exit_code, exit_code, reason)
    assert sentence in answer["message"]
    assert ended.stderr.splitlines()[-1] == f"error: {answer['message']}"


def test_a_dry_run_writes_nothing_and_shows_names_and_sizes(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    create(api, namespace, GOOD)

    ended = run(kubeconfig, aws, "--pod", "web-1", "--dry-run")

    said = f"dry run: {CREATED.replace('created', 'would be created')} (version "
    assert (ended.returncode, ended.stdout) == (0, "+ password (13 bytes)\n")
    assert ended.stderr.startswith(said)
    assert api.request("GET", f"/api/v1/namespaces/{namespace}/secrets/db").status == 404
    assert api.request("GET", f"/api/v1/namespaces/{namespace}/events").body["items"] == []


def test_a_dry_run_as_json(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    create(api, namespace, GOOD)

    ended = run(kubeconfig, aws, "--pod", "web-1", "--dry-run", "-o", "json")

    answer = json.loads(ended.stdout)
    assert (answer["dryRun"], answer["action"]) == (True, "created")
    assert answer["changes"] == [{"key": "password", "before": None, "after": 13}]


def test_verbose_names_every_request(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    create(api, namespace, GOOD)

    ended = run(kubeconfig, aws, "--pod", "web-1", "-v")

    lines = [line for line in ended.stderr.splitlines() if line.startswith("debug: ")]
    assert [line.split()[1] for line in lines] == ["GET", "GET", "POST", "PATCH", "POST"]


def test_a_secret_that_was_kept_is_not_the_sync_that_was_asked_for(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    create(api, namespace, GOOD)
    assert run(kubeconfig, aws, "--pod", "web-1").returncode == 0
    aws.refuse("GetSecretValue", "ThrottlingException", "Rate exceeded", times=99)

    ended = run(kubeconfig, aws, "--pod", "web-1", "--timeout", "0.5")
    previewed = run(kubeconfig, aws, "--pod", "web-1", "--timeout", "0.5", "--dry-run")
    aws.refuse("GetSecretValue", "", "", times=0)

    assert (ended.returncode, previewed.returncode) == (5, 5)
    assert ended.stderr.splitlines()[-1].startswith("error: Secret db was kept as it is")
    events = api.request("GET", f"/api/v1/namespaces/{namespace}/events").body["items"]
    assert {event["reason"] for event in events} == {"SecretSynced", "StaleSecret"}


def test_the_time_is_bounded_on_request(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    create(api, namespace, GOOD)
    aws.refuse("GetSecretValue", "ThrottlingException", "Rate exceeded", times=99)

    ended = run(kubeconfig, aws, "--pod", "web-1", "--timeout", "0.5")
    aws.refuse("GetSecretValue", "", "", times=0)

    assert ended.returncode == 5
    assert "ThrottlingException" in ended.stderr.splitlines()[-1]
    spent = float(ended.stderr.splitlines()[-1].partition(" in ")[2].partition(" s)")[0])
    assert spent <= 0.5


def test_a_failure_by_hand_is_one_whatever_the_pod_does_after_it(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    create(api, namespace, "provider: vault", {keys.ON_FAILURE: "continue"})

    assert run(kubeconfig, aws, "--pod", "web-1").returncode == 3
