"""`initsync --pod NAME`: the same sync, with a kubeconfig and the operator's identity."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from initsync import keys
from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.server import ApiServer


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as server:
        server.put_secret("/prod/db", {"password": "pl4nted-value"})
        yield server


@pytest.fixture
def kubeconfig(api: ApiServer, namespace: str, tmp_path: Path) -> Path:
    cluster = {"server": api.url, "certificate-authority": api.ca_file}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "elsewhere",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": api.admin_token}}],
        "contexts": [
            {"name": "elsewhere", "context": {"cluster": "none", "user": "none"}},
            {
                "name": "test",
                "context": {"cluster": "test", "user": "admin", "namespace": namespace},
            },
        ],
    }
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return file


def run(kubeconfig: Path, aws: AwsServer, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    identity = {
        "AWS_ACCESS_KEY_ID": "AKIA1",
        "AWS_SECRET_ACCESS_KEY": "pl4nted-key",
        "AWS_REGION": aws.region,
        "AWS_ENDPOINT_URL": aws.url,
    }
    command = [sys.executable, "-m", "initsync", f"--kubeconfig={kubeconfig}", "--context=test"]
    ended = subprocess.run(
        [*command, *arguments], env=env | identity, capture_output=True, text=True, timeout=60
    )
    assert "pl4nted" not in ended.stdout + ended.stderr
    return ended


def create(api: ApiServer, namespace: str, annotation: str | None) -> str:
    annotations = {keys.INJECT: "false"} | ({keys.ANNOTATION: annotation} if annotation else {})
    pod = api.create(manifests.pod(namespace, "web-1", annotations))
    return str(pod["metadata"]["uid"])


GOOD = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"


def test_it_does_what_jasm_init_does(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    uid = create(api, namespace, GOOD)

    ended = run(kubeconfig, aws, "--pod", "web-1")

    said = "Secret db created with 1 key from aws-secretsmanager /prod/db"
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
        "keys": 1,
        "message": "Secret db created with 1 key from aws-secretsmanager /prod/db",
    }


@pytest.mark.parametrize(
    ("annotation", "pod", "exit_code", "reason", "sentence"),
    [
        (GOOD, "web-9", 5, "KubernetesError", 'pods "web-9" not found'),
        (None, "web-1", 2, "InvalidSetup", "has no annotation jasm.codnod.io/secret-sync"),
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
