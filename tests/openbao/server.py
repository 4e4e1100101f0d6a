"""A real OpenBao, on loopback unless another address is named, with TLS by a CA of its own."""

import http.client
import json
import socket
import ssl
import urllib.parse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from initsync.testing.closing import Closing
from initsync.testing.pki import LOOPBACK, Authority
from initsync.testing.process import Process

_SECONDS = 20.0
_CONFIG = """\
{storage}
listener "tcp" {{
  address = "{address}:{port}"
  cluster_address = "{address}:{cluster_port}"
  tls_cert_file = "{certificate}"
  tls_key_file = "{key}"
}}
api_addr = "https://{address}:{port}"
cluster_addr = "https://{address}:{cluster_port}"
disable_mlock = true
ui = false
log_level = "warn"
"""
_MEMORY = 'storage "inmem" {}'


class Answer(NamedTuple):
    """Of one request."""

    status: int
    body: Any


class Refused(Exception):
    """A request of the administrator's that had to succeed did not."""


class Bao(Closing):
    """Started when made; `directory` has its files. `storage` is of its configuration.

    A node that is to join others is not initialised: it gets `root` and `unseal_key` of theirs.
    """

    def __init__(
        self,
        program: Path,
        directory: Path,
        authority: Authority | None = None,
        *,
        name: str = "bao",
        storage: str = _MEMORY,
        address: str = LOOPBACK[0],
    ) -> None:
        self.authority = authority or Authority(directory, "openbao")
        self.ca_file = str(self.authority.ca)
        self._tls = ssl.create_default_context(cafile=self.ca_file)
        pair = self.authority.serving(name, (address,))
        self._address = address
        self.port, cluster_port = _free_ports(address)
        self.url = f"https://{address}:{self.port}"
        self.root = self.unseal_key = ""
        config = directory / f"{name}.hcl"
        told = {"address": address, "port": self.port, "cluster_port": cluster_port}
        files = {"certificate": pair.certificate, "key": pair.key}
        config.write_text(_CONFIG.format(storage=storage, **told, **files))
        command = [str(program), "server", f"-config={config}"]
        env = {"PATH": "/usr/bin:/bin", "HOME": str(directory)}
        self.process = Process(command, directory / f"{name}.log", env)
        self.process.await_ready(self._serves, _SECONDS)

    def initialise(self) -> "Bao":
        """Make its keys, and unseal it."""
        made = self.request("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1}).body
        self.root, self.unseal_key = made["root_token"], made["keys_base64"][0]
        self.unseal()
        return self

    def unseal(self) -> None:
        """Return when it answers."""
        self.request("PUT", "sys/unseal", {"key": self.unseal_key})
        healthy = (200, 429)  # a standby
        self.process.await_ready(
            lambda: self.request("GET", "sys/health").status in healthy, _SECONDS
        )

    def request(
        self, method: str, path: str, body: Any = None, token: str = "", namespace: str = ""
    ) -> Answer:
        """Whatever it answers."""
        headers = {"content-type": "application/json", "x-vault-request": "true"}
        headers |= {"x-vault-token": token} if token else {}
        headers |= {"x-vault-namespace": namespace} if namespace else {}
        connection = http.client.HTTPSConnection(
            self._address, self.port, timeout=_SECONDS, context=self._tls
        )
        try:
            connection.request(method, f"/v1/{path}", body and json.dumps(body), headers)
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        try:
            return Answer(response.status, json.loads(raw))
        except ValueError:
            return Answer(response.status, raw.decode(errors="replace"))

    def admin(self, method: str, path: str, body: Any = None, namespace: str = "") -> Any:
        """What it answers to the root token. Raises Refused."""
        answer = self.request(method, path, body, self.root, namespace)
        if answer.status not in (200, 204):
            raise Refused(f"{method} {path}: {answer.status} {answer.body}")
        return answer.body

    def mount(self, path: str, kind: str, namespace: str = "", **options: str) -> None:
        """A secrets engine, or below `auth/` an auth method."""
        where = "sys/auth" if path.startswith("auth/") else "sys/mounts"
        body = {"type": kind, "options": options}
        self.admin("POST", f"{where}/{path.removeprefix('auth/')}", body, namespace)

    def put(self, path: str, data: Any, namespace: str = "") -> None:
        """A new version of the KV secret at MOUNT/PATH of version 2."""
        mount, _, name = path.partition("/")
        name = urllib.parse.quote(name)
        self.admin("POST", f"{mount}/data/{name}", {"data": data}, namespace)

    def policy(self, name: str, *readable: str, namespace: str = "") -> None:
        """It may read these paths."""
        rules = [f'path "{path}" {{ capabilities = ["read"] }}' for path in readable]
        self.admin("PUT", f"sys/policies/acl/{name}", {"policy": "\n".join(rules)}, namespace)

    def tokens(self, namespace: str = "") -> int:
        """How many are alive, the root token included."""
        listed = self.admin("GET", "auth/token/accessors?list=true", namespace=namespace)
        return len(listed["data"]["keys"])

    def close(self) -> None:
        """End it."""
        self.process.stop()

    def _serves(self) -> bool:
        try:
            self.request("GET", "sys/seal-status")
        except OSError:
            return False
        return True


def _free_ports(address: str) -> Sequence[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(2)]
        for it in sockets:
            it.bind((address, 0))
        return [it.getsockname()[1] for it in sockets]
