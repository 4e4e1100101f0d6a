"""AWS Secrets Manager and STS on this machine: moto's server in a process of its own."""

import base64
import http.client
import json
import os
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from initsync.testing.closing import Closing
from initsync.testing.process import Process

CALLS, REFUSALS = "/_jasm/calls", "/_jasm/refusals"
"""The two paths of the moto process that are no AWS."""
ACCOUNT = "123456789012"
"""moto's own account; a role of another would find no secrets."""
START_TIMEOUT = 60.0
_TIMEOUT = 30.0


class AwsError(Exception):
    """moto refused a request of the test's own."""


class AwsServer(Closing):
    """Started when made. Leaving the `with` block ends it. Raises StartFailed."""

    def __init__(self, region: str = "eu-central-1", address: str = "127.0.0.1") -> None:
        self.region, self._address = region, address
        self._directory = tempfile.TemporaryDirectory(prefix="jasm-aws-")
        port_file = Path(self._directory.name) / "port"
        command = [sys.executable, "-m", "initsync.testing.awsserver", address, str(port_file)]
        self._process = Process(command, Path(self._directory.name) / "moto.log", _environment())
        try:
            self._process.await_ready(port_file.exists, START_TIMEOUT)
        except BaseException:
            self.close()
            raise
        self._port = int(port_file.read_text(encoding="ascii"))
        self.url = f"http://{address}:{self._port}"
        """The URL of the server, for AWS_ENDPOINT_URL."""

    def role_arn(self, name: str) -> str:
        """A role that any web identity may take here: moto checks no trust."""
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    def put_secret(self, path: str, value: str | bytes | Mapping[str, object]) -> None:
        """Create the secret at `path`: text and bytes as they are, a mapping as JSON.

        Raises AwsError.
        """
        token = str(uuid.uuid4())
        body = {"Name": path, "ClientRequestToken": token, **_content(value)}
        self._secrets_manager("CreateSecret", body)

    def rotate(self, path: str, value: str | Mapping[str, object]) -> None:
        """Give the secret at `path` a new current version. Raises AwsError."""
        token = str(uuid.uuid4())
        body = {"SecretId": path, "SecretString": _text(value), "ClientRequestToken": token}
        self._secrets_manager("PutSecretValue", body)

    def refuse(
        self,
        action: str,
        code: str,
        message: str,
        *,
        status: int = 400,
        times: int = 1,
        naming: str = "",
    ) -> None:
        """Answer the next `times` calls of `action` with an AWS error; 0 ends an earlier wish.

        `naming`: only those whose body has this text, such as a secret's name.
        """
        wish = {"action": action, "code": code, "message": message, "naming": naming}
        self._request("POST", REFUSALS, wish | {"status": status, "times": times}, {})

    def calls(self) -> Counter[str]:
        """Calls so far by action, such as GetSecretValue or AssumeRoleWithWebIdentity."""
        return Counter(self._request("GET", CALLS, None, {}))

    def close(self) -> None:
        """End the server and remove its files."""
        self._process.stop()
        self._directory.cleanup()

    def _secrets_manager(self, action: str, body: object) -> None:
        credential = f"Credential=test/20260101/{self.region}/secretsmanager/aws4_request"
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"secretsmanager.{action}",
            # moto reads service and region from it, and checks no signature.
            "authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0",
        }
        self._request("POST", "/", body, headers)

    def _request(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Any:
        connection = http.client.HTTPConnection(self._address, self._port, timeout=_TIMEOUT)
        try:
            connection.request(method, path, json.dumps(body), dict(headers))
            response = connection.getresponse()
            said = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise AwsError(f"{headers.get('x-amz-target', path)}: {said.get('__type')}")
        return said


def _environment() -> dict[str, str]:
    """Ours without AWS settings: moto must not take them for its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def _content(value: str | bytes | Mapping[str, object]) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"SecretBinary": base64.b64encode(value).decode()}
    return {"SecretString": _text(value)}


def _text(value: str | Mapping[str, object]) -> str:
    return value if isinstance(value, str) else json.dumps(dict(value))
