"""A person's side of `initsync`: a kubeconfig, an AWS identity, a command line.

It runs in this process: one of its own imports boto3 for half a second each time. One test of each
command starts the program itself, by `way=as_process`.
"""

import gc
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from click.testing import CliRunner, Result

from initsync.cli.main import main
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


class Ended(NamedTuple):
    """How a run of `initsync` ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


Way = Callable[[Sequence[str], dict[str, str]], Ended]


def in_process(arguments: Sequence[str], env: dict[str, str]) -> Ended:
    """`initsync` by click's runner, without what this environment says of AWS."""
    unset = dict.fromkeys(_of_aws())
    with warnings.catch_warnings():
        # The end of a process closes its connections; here the end of their last reference does.
        warnings.simplefilter("ignore", ResourceWarning)
        ended = _ended(CliRunner().invoke(main, arguments, env={**unset, **env}))
        gc.collect()
    return ended


def _ended(done: Result) -> Ended:
    """Without its traceback, which refers to everything."""
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


def as_process(arguments: Sequence[str], env: dict[str, str]) -> Ended:
    """The program itself, likewise."""
    clean = {name: os.environ[name] for name in os.environ.keys() - _of_aws()}
    command = [sys.executable, "-m", "initsync", *arguments]
    done = subprocess.run(command, env=clean | env, capture_output=True, text=True, timeout=60)
    return Ended(done.returncode, done.stdout, done.stderr)


def _of_aws() -> set[str]:
    return {name for name in os.environ if name.startswith("AWS_")}


def run(kubeconfig: Path, aws: AwsServer, *arguments: str, way: Way = in_process) -> Ended:
    """`initsync`, by somebody with an AWS identity."""
    identity = {
        "AWS_ACCESS_KEY_ID": "AKIA1",
        "AWS_SECRET_ACCESS_KEY": "pl4nted-key",
        "AWS_REGION": aws.region,
        "AWS_ENDPOINT_URL": aws.url,
    }
    ended = way([f"--kubeconfig={kubeconfig}", "--context=test", *arguments], identity)
    assert "pl4nted" not in ended.stdout + ended.stderr
    return ended


def subcommand(
    kubeconfig: Path, name: str, *arguments: str, way: Way = in_process, **env: str
) -> Ended:
    """`initsync NAME` by somebody without an AWS identity, unless `env` has one."""
    nowhere = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
    nowhere |= {"AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    place = [f"--kubeconfig={kubeconfig}", "--context=test"]
    ended = way([name, *place, *arguments], nowhere | env)
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
