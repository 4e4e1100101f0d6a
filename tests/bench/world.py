"""A real kube-apiserver and moto, with a namespace in which every measured program has its own.

Each has a ServiceAccount, a Secret, a secret in AWS and a folder of its own, all by its own name:
so the requests of each can be counted.
"""

import os
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from initsync.cli.progress import Progress
from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.closing import Closing
from initsync.testing.controlplane import ControlPlane, find_or_build
from initsync.testing.podprocess import Finished, Running
from initsync.testing.podrun import AwsIdentity, prepared_container
from initsync.testing.webhook import Webhook
from initsync.words import keys
from initsync.words.model import JsonObject
from initsync.words.rules import user_name

NAMESPACE = "bench"
VALUES = {"host": "db", "user": "u", "password": "p"}
TIMEOUT = 120.0
PLAIN = "provider: aws-secretsmanager\npath: {path}\nsecretName: {name}\n"
QUOTED = PLAIN.replace("{path}", '"{path}"')
"""Not plain enough to be read without PyYAML."""
_ALLOWED: list[JsonObject] = [
    {
        "apiGroups": [""],
        "resources": ["secrets", "events"],
        "verbs": ["get", "create", "update", "patch"],
    }
]


class Program(NamedTuple):
    """One that makes a sync, ready to be run again and again."""

    name: str
    command: list[str]
    env: dict[str, str]
    root: Path
    user: str
    """By which the API server knows it."""
    secret: str

    def start(self, join: Path | None = None) -> Running:
        """It runs; `join` as in `Running`."""
        return Running(self.command, self.env, self.root, join)

    def run(self, join: Path | None = None) -> Finished:
        """To its good end. Raises RuntimeError with what it said."""
        process = self.start(join)
        try:
            ended = process.wait(TIMEOUT)
        finally:
            process.kill()
        if ended.exit_code:
            raise RuntimeError(f"{self.name} ended with {ended.exit_code}: {ended.stderr}")
        return ended


class Requests(NamedTuple):
    """Of a program, or of all."""

    api: Counter[tuple[str, str]]
    aws: Counter[str]

    @property
    def number(self) -> int:
        """All of them."""
        return self.api.total() + self.aws.total()

    def since(self, before: "Requests") -> "Requests":
        """Those that `before` has not."""
        return Requests(self.api - before.api, self.aws - before.aws)


class World(Closing):
    """Started when made."""

    def __init__(self) -> None:
        with ExitStack() as stack:
            self.directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jasm-")))
            binaries = find_or_build(os.environ, Progress(sys.stderr))
            self.api = stack.enter_context(ControlPlane(binaries))
            self.aws = stack.enter_context(AwsServer())
            webhook = stack.enter_context(Webhook())
            self.api.register_webhook(webhook.url, webhook.ca_pem)
            self.api.create_namespace(NAMESPACE)
            self._running = stack.pop_all()

    def close(self) -> None:
        """End the servers, and remove every file."""
        self._running.close()

    def account(self, name: str) -> str:
        """A ServiceAccount that may sync, and its user name."""
        self.api.create_service_account(NAMESPACE, name)
        self.api.allow(NAMESPACE, name, _ALLOWED)
        return user_name(NAMESPACE, name)

    def injected(
        self, name: str, commands: Path, account: str, secret: str, **annotations: str
    ) -> Program:
        """The init container of a stored pod `name`, as the injector made it."""
        said = {keys.ANNOTATION: annotation(secret), **annotations}
        pod = manifests.pod(NAMESPACE, name, said)
        pod["spec"]["serviceAccountName"] = account
        stored = self.api.create(pod)
        identity = AwsIdentity(self.aws.role_arn("app"), self.aws.region, self.aws.url)
        prepared = self._running.enter_context(
            prepared_container(self.api, stored, keys.CONTAINER, aws=identity, programs=commands)
        )
        user = user_name(NAMESPACE, account)
        return Program(name, prepared.command, dict(prepared.env), prepared.root, user, secret)

    def reference(self, name: str, command: list[str]) -> Program:
        """One of `reference/`."""
        root = self.directory / name
        root.mkdir()
        user, secret = self.account(name), f"of-{name}"
        self.provide(secret)
        token, web = root / "token", root / "web-identity"
        token.write_text(self.api.create_token(NAMESPACE, name))
        web.write_text(self.api.create_token(NAMESPACE, name, audience="sts.amazonaws.com"))
        env = {
            "ANN": annotation(secret),
            "API": self.api.url,
            "CA": self.api.ca_file,
            "TOKEN": str(token),
            "NS": NAMESPACE,
            "AWS_ROLE_ARN": self.aws.role_arn("app"),
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(web),
            "AWS_REGION": self.aws.region,
            "AWS_DEFAULT_REGION": self.aws.region,
            "AWS_ENDPOINT_URL": self.aws.url,
        }
        return Program(name, command, env, root, user, secret)

    def provide(self, secret: str) -> None:
        """What AWS has for the Secret of that name."""
        self.aws.put_secret(_path(secret), VALUES)

    def forget(self, secret: str) -> None:
        """Remove the Secret, where there is one."""
        self.api.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}/secrets/{secret}")

    def requests(self, user: str) -> Requests:
        """So far: of `user` to the API server, of anybody to AWS."""
        return Requests(self.api.calls(user), self.aws.calls())


def _path(secret: str) -> str:
    return f"/bench/{secret}"


def annotation(secret: str, text: str = PLAIN) -> str:
    """By which a pod asks for that Secret."""
    return text.format(path=_path(secret), name=secret)
