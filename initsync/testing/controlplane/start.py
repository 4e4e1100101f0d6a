"""Command lines and files of a throw-away etcd and kube-apiserver."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

from initsync.testing.pki import LOOPBACK, Authority, write_key
from initsync.words.model import JsonObject

_ISSUER = "https://kubernetes.default.svc"
_HOSTS = (*LOOPBACK, "10.96.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
# A line a request, written before it is handled: whoever has an answer can count on it.
AUDIT_POLICY: JsonObject = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["ResponseStarted", "ResponseComplete", "Panic"],
    "rules": [{"level": "Metadata"}],
}


def etcd_command(binary: Path, directory: Path, client_port: int, peer_port: int) -> list[str]:
    """An etcd of one member that need not survive a power cut."""
    client, peer = (f"http://127.0.0.1:{port}" for port in (client_port, peer_port))
    return [
        str(binary),
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--socket-reuse-port",
        "--log-level=warn",
    ]


class ServerFiles:
    """What a kube-apiserver reads, in a directory of its own."""

    def __init__(
        self,
        directory: Path,
        address: str,
        node_access: bool,
        audit_policy: JsonObject = AUDIT_POLICY,
    ) -> None:
        """`node_access`: there are kubelets, which take the server's own certificate for logs."""
        self._directory, self._address, self._node_access = directory, address, node_access
        self.authority = authority = Authority(directory)
        self.ca = authority.ca
        self.audit_log = directory / "audit.log"
        self.admin_token = secrets.token_urlsafe(24)
        self.admin_certificate = authority.client("admin", "system:masters")
        self._serving = authority.serving("apiserver", (*_HOSTS, address))
        self._file("tokens.csv", f'{self.admin_token},admin,admin,"system:masters"\n')
        self._file("audit-policy.json", json.dumps(audit_policy))
        self.service_account_key = directory / "serviceaccounts.key"
        write_key(self.service_account_key)

    def _file(self, name: str, text: str) -> None:
        file = self._directory / name
        file.touch(0o600)
        file.write_text(text, encoding="ascii")

    def command(self, binary: Path, port: int, etcd_port: int) -> list[str]:
        """A kube-apiserver with RBAC, on the loopback address."""
        return [str(binary), *(f"--{flag}" for flag in self._flags(port, etcd_port))]

    def _flags(self, port: int, etcd_port: int) -> Iterator[str]:
        yield f"etcd-servers=http://127.0.0.1:{etcd_port}"
        yield f"bind-address={self._address}"
        yield f"advertise-address={self._address}"
        yield from self._for_nodes() if self._node_access else self._without_nodes()
        yield f"secure-port={port}"
        yield "permit-port-sharing"
        yield f"tls-cert-file={self._serving.certificate}"
        yield f"tls-private-key-file={self._serving.key}"
        yield f"service-account-issuer={_ISSUER}"
        yield f"service-account-key-file={self.service_account_key}"
        yield f"service-account-signing-key-file={self.service_account_key}"
        yield "service-cluster-ip-range=10.96.0.0/16"
        yield "authorization-mode=Node,RBAC"
        yield "allow-privileged"
        yield f"client-ca-file={self.ca}"
        yield f"token-auth-file={self._directory / 'tokens.csv'}"
        yield f"audit-policy-file={self._directory / 'audit-policy.json'}"
        yield f"audit-log-path={self.audit_log}"

    def _without_nodes(self) -> Iterator[str]:
        yield "endpoint-reconciler-type=none"  # it would want an address that others can reach

    def _for_nodes(self) -> Iterator[str]:
        yield f"kubelet-client-certificate={self.admin_certificate.certificate}"
        yield f"kubelet-client-key={self.admin_certificate.key}"
        yield f"kubelet-certificate-authority={self.ca}"
        yield "kubelet-preferred-address-types=InternalIP"
        yield "enable-admission-plugins=NodeRestriction"
