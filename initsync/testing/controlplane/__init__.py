"""A real control plane on this machine: etcd and kube-apiserver, without a kubelet.

Pods are admitted and stored, and nothing runs them: `initsync.testing.podrun` does.
"""

import json
import socket
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from initsync.testing import manifests
from initsync.testing.client import Client
from initsync.testing.controlplane.binaries import Binaries, MissingToolchain, find_or_build
from initsync.testing.controlplane.start import AUDIT_POLICY, ServerFiles, etcd_command
from initsync.testing.process import Process, StartFailed
from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject

START_TIMEOUT = 60.0
"""Seconds; two at most on an idle machine."""
_WEBHOOK_TIMEOUT = 10.0

__all__ = ["Binaries", "ControlPlane", "MissingToolchain", "StartFailed", "find_or_build"]


class ControlPlane(ApiServer):
    """Started when made. Raises StartFailed, with the end of the log that says why."""

    def __init__(
        self,
        binaries: Binaries,
        address: str = "127.0.0.1",
        *,
        node_access: bool = False,
        audit_policy: JsonObject = AUDIT_POLICY,
        flags: Sequence[str] = (),
    ) -> None:
        """`flags` are further options of kube-apiserver."""
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jasm-")))
            files = ServerFiles(directory, address, node_access, audit_policy)
            self.authority = files.authority
            """For those who join: kubelets and controllers."""
            self.service_account_key = files.service_account_key
            self._audit_log = files.audit_log
            self.admin_certificate = files.admin_certificate
            url = _started(binaries, directory, files, address, flags, stack)
            super().__init__(url, str(files.ca), files.admin_token)
            self.create_service_account("default", "default")
            self._running = stack.pop_all()

    def calls(self, user: str | None = None) -> Counter[tuple[str, str]]:
        """See `ApiServer`; by the audit log, with the audit policy that is the default."""
        counts: Counter[tuple[str, str]] = Counter()
        for entry in self.audit_events():
            target = entry.get("objectRef", {})
            if "resource" in target and user in (None, entry["user"].get("username")):
                parts = (target["resource"], target.get("subresource"))
                counts[entry["verb"], "/".join(filter(None, parts))] += 1
        return counts

    def deleted(self) -> list[str]:
        """The resources of all requests for deletion so far, the oldest first."""
        return [it["objectRef"]["resource"] for it in self.audit_events() if it["verb"] == "delete"]

    def audit_events(self) -> Iterator[JsonObject]:
        """What its audit log has so far, as Events of audit.k8s.io/v1."""
        return map(json.loads, self._audit_log.read_text(encoding="utf-8").splitlines())

    def register_webhook(self, url: str, ca_pem: str) -> None:
        """See `ApiServer`. Returns when it is in force: the API server takes a moment to see it."""
        super().register_webhook(url, ca_pem)
        self.await_webhooks()

    def await_webhooks(self) -> None:
        """Return when every change of webhooks until now is in force.

        Another registration, made last, refuses one pod by name; changes are seen in the order
        of their making, so once that pod is refused the others are in force too.
        """
        name = f"jasm-testing-{uuid.uuid4().hex[:8]}"
        marker = manifests.refusing_webhook(name)
        self.apply(marker)
        pod = manifests.pod("default", name)
        path = f"{manifests.collection(pod)}?dryRun=All"
        deadline = time.monotonic() + _WEBHOOK_TIMEOUT
        while self.request("POST", path, pod).status == 201:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the webhook is not in force after {_WEBHOOK_TIMEOUT:g} s")
            time.sleep(0.01)
        self.request("DELETE", manifests.path(marker))

    def impersonating(self, user: str) -> Client:
        """Requests of any user, whether there are credentials of theirs or not."""
        return Client(self.url, self.ca_file, self.admin_token, user)

    def close(self) -> None:
        """See `ApiServer`."""
        self._running.close()


def _started(
    binaries: Binaries,
    directory: Path,
    files: ServerFiles,
    address: str,
    flags: Sequence[str],
    stack: ExitStack,
) -> str:
    """The URL of a ready kube-apiserver, which ends with `stack`."""
    with ExitStack() as reserved:
        client_port, peer_port = (_reserve_port(reserved, "127.0.0.1") for _ in range(2))
        port = _reserve_port(reserved, address)
        command = etcd_command(binaries.etcd, directory, client_port, peer_port)
        etcd = _run(command, directory / "etcd.log", stack)
        etcd.await_ready(lambda: _accepts(client_port), START_TIMEOUT)
        command = [*files.command(binaries.kube_apiserver, port, client_port), *flags]
        server = _run(command, directory / "kube-apiserver.log", stack)
        url = f"https://{address}:{port}"
        server.await_ready(lambda: _ready(url, files), START_TIMEOUT)
    return url


def _run(command: list[str], log: Path, stack: ExitStack) -> Process:
    process = Process(command, log)
    stack.callback(process.stop)
    return process


def _reserve_port(reserved: ExitStack, address: str) -> int:
    """A port of `address` that nobody else is given until our server shares it (SO_REUSEPORT)."""
    held = reserved.enter_context(socket.socket())
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((address, 0))
    return int(held.getsockname()[1])


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _ready(url: str, files: ServerFiles) -> bool:
    try:
        return Client(url, str(files.ca), files.admin_token).request("GET", "/readyz").status == 200
    except OSError:  # not listening yet
        return False
