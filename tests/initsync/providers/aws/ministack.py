"""MiniStack, which enforces IAM and the trust of web identities as moto does not.

What it does not hold: a token's signature and its end.
https://pypi.org/project/ministack
"""

import base64
import contextlib
import json
import os
import socket
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3

from initsync.testing.closing import Closing
from initsync.testing.process import Process
from tests.environments import Environment

SERVER = Environment("ministack", "MiniStack, in AWS's place")
ACCOUNT, REGION = "123456789012", "eu-west-1"
ISSUER = "oidc.example/c"
_SECONDS = 30.0


class Ministack(Closing):
    """A server without any of the account's things. Raises StartFailed."""

    def __init__(self, python: Path) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="jasm-ministack-")
        directory = Path(self._directory.name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        env = {
            "AUTH": "true",
            "GATEWAY_PORT": str(port),
            "PATH": os.defpath,
            "HOME": str(directory),
        }
        self._process = Process([str(python), "-m", "ministack"], directory / "log", env)
        self._process.await_ready(self._answers, _SECONDS)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=1).close()
            return True
        return False

    def client(self, service: str) -> Any:
        """The administrator's."""
        keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "x"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, **keys)

    def trust_cluster(self) -> None:
        """Make the cluster's OIDC provider."""
        self.client("iam").create_open_id_connect_provider(
            Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
        )

    def close(self) -> None:
        """End the server and remove its files."""
        self._process.stop()
        self._directory.cleanup()


def token(account: str, audience: str = "sts.amazonaws.com") -> str:
    """A ServiceAccount's, `NAMESPACE:NAME`. The audience is no list, as Kubernetes has it: of a
    list MiniStack, unlike AWS, meets no `StringEquals`.
    """
    now = int(time.time())
    claims = {"iss": f"https://{ISSUER}", "sub": f"system:serviceaccount:{account}"}
    times = {"iat": now, "nbf": now, "exp": now + 600}
    return ".".join(
        map(_part, ({"alg": "RS256", "kid": "1"}, claims | times | {"aud": audience}, {}))
    )


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
