"""A running injector, for the tests to ask."""

import atexit
import contextlib
import http.client
import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.places import GOLDEN

FILES = ("sh", "-c", 'ulimit -n "$0" && exec "$@"')
"""Of a prefix, before the number of files that the process may have open."""
JSON = {"content-type": "application/json"}
DEADLINE = 20.0


class Injector:
    """A running `jasm-injector serve`; `prefix` comes before the command."""

    def __init__(self, directory: Path, *options: str, prefix: Sequence[str] = ()) -> None:
        self.certs = directory
        command = [sys.executable, "-m", "injector", "serve", "--image=jasm/init:golden"]
        address = ["--host=127.0.0.1", "--port=0", f"--certs={directory}"]
        self.process = subprocess.Popen(
            [*prefix, *command, *address, *options], stderr=subprocess.PIPE, text=True
        )
        atexit.register(self.process.kill)  # a test that fails must not leave it behind
        assert self.process.stderr
        self.log = self.process.stderr
        first = json.loads(self.log.readline())
        self.port = int(first["url"].rpartition(":")[2])

    def connect(self, timeout: float = DEADLINE) -> http.client.HTTPSConnection:
        trust = ssl.create_default_context(cafile=str(self.certs / "ca.crt"))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=trust)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def stop(self) -> list[dict[str, Any]]:
        """End it; the lines it logged since the first."""
        self.process.send_signal(signal.SIGKILL)
        lines = [json.loads(line) for line in self.log]
        self.process.wait(DEADLINE)
        self.log.close()
        return lines


def review(case: str = "no-volumes-no-init-containers") -> bytes:
    pod = yaml.safe_load((GOLDEN / f"{case}.pod.yaml").read_text())
    request = {"uid": "u1", "namespace": "shop", "object": pod}
    whole = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(whole).encode()
