"""An embedded Kubernetes API: in memory, in this process, over HTTPS, with what JASM uses of it.

Namespaces, ServiceAccounts and their tokens, Roles and RoleBindings, ConfigMaps, Secrets, Pods
with mutating webhooks, Events; get, list, create, update, merge patch, server-side apply, delete.
It answers as the real one does, Status bodies and all: tests/cluster/test_contract_*.py asks both.
kubectl finds its way by discovery. Not there: watch, other patch types, controllers, CEL,
ClusterRoles, default tokens of Pods.
"""

import ssl
import tempfile
from collections import Counter
from pathlib import Path

from initsync.testing import manifests, pki
from initsync.testing.apiserver.handlers import Handlers
from initsync.testing.apiserver.listener import Listener
from initsync.testing.apiserver.storage import Storage
from initsync.testing.apiserver.tokens import Tokens
from initsync.testing.server import ApiServer

__all__ = ["EmbeddedApiServer"]


class EmbeddedApiServer(ApiServer):
    """Serves from the moment it is made until it is closed."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="jasm-api-")
        authority = pki.Authority(Path(self._directory.name))
        serving = authority.serving("apiserver")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(serving.certificate, serving.key)
        storage = Storage()
        tokens = Tokens(storage)
        self._handlers = Handlers(storage, tokens)
        self._listener = Listener(tls, self._handlers.reply)
        url = f"https://127.0.0.1:{self._listener.port}"
        super().__init__(url, str(authority.ca), tokens.admin)
        for namespace in ("default", "kube-system"):
            self.apply(manifests.namespace(namespace, {}))
        self.create_service_account("default", "default")

    def calls(self, user: str | None = None) -> Counter[tuple[str, str]]:
        """See `ApiServer`."""
        return self._handlers.calls(user)

    def close(self) -> None:
        """See `ApiServer`."""
        self._listener.close()
        self._directory.cleanup()
