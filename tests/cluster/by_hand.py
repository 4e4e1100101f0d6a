"""A person's side of `initsync --pod`: a kubeconfig, an AWS identity, a command line."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.server import ApiServer
from initsync.words import keys


def write_kubeconfig(
    file: Path, api: ApiServer, namespace: str, user: Any = None, **cluster: str
) -> Path:
    """The context `test` beside one that leads nowhere; `user` is the administrator by token."""
    place = {"server": api.url, "certificate-authority": api.ca_file} | cluster
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "elsewhere",
        "clusters": [{"name": "test", "cluster": place}],
        "users": [{"name": "admin", "user": user or {"token": api.admin_token}}],
        "contexts": [
            {"name": "elsewhere", "context": {"cluster": "none", "user": "none"}},
            {
                "name": "test",
                "context": {"cluster": "test", "user": "admin", "namespace": namespace},
            },
        ],
    }
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


def subcommand(
    kubeconfig: Path, name: str, *arguments: str, **env: str
) -> "subprocess.CompletedProcess[str]":
    """`initsync NAME` by somebody without an AWS identity, unless `env` has one."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
    place = [f"--kubeconfig={kubeconfig}", "--context=test"]
    ended = subprocess.run(
        [sys.executable, "-m", "initsync", name, *place, *arguments],
        env=clean | nowhere | {"AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} | env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "pl4nted" not in ended.stdout + ended.stderr
    return ended


def create(
    api: ApiServer, namespace: str, annotation: str | None, more: dict[str, str] | None = None
) -> str:
    """The UID of a new pod `web-1`."""
    annotations = {keys.INJECT: "false"} | (
        {} if annotation is None else {keys.ANNOTATION: annotation}
    )
    annotations |= more or {}
    pod = api.create(manifests.pod(namespace, "web-1", annotations))
    return str(pod["metadata"]["uid"])


GOOD = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"
