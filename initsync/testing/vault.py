"""A Vault on this machine for the demo: Kubernetes auth, version 2 of KV, tokens that end.

It asks the cluster's API server whose a token is, as Vault does. The tests ask a real OpenBao.
https://developer.hashicorp.com/vault/api-docs/auth/kubernetes
"""

import json
import secrets
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

from initsync.testing import hangups
from initsync.testing.closing import Closing
from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject

AUDIENCE = "vault"
_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
_LIMIT = 65_536


class Answer(NamedTuple):
    """A status, and the object that comes with it; None of 204."""

    status: int
    body: JsonObject | None = None


class VaultServer(Closing):
    """Serves from the moment it is made until it is closed; `api` knows the pods' tokens.

    A role is a ServiceAccount, `NAMESPACE/NAME` by the role's name, that may read everything.
    """

    def __init__(self, api: ApiServer, roles: Mapping[str, str]) -> None:
        self._api, self._roles = api, dict(roles)
        self._kept: dict[str, list[JsonObject]] = {}
        self._tokens: set[str] = set()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        """The URL of the server, for VAULT_ADDR."""

    def put(self, path: str, values: Mapping[str, object]) -> None:
        """A new version of the secret at MOUNT/PATH."""
        versions = self._kept.setdefault(path, [])
        made = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        metadata = {"version": len(versions) + 1, "created_time": made, "deletion_time": ""}
        versions.append({"data": dict(values), "metadata": metadata | {"destroyed": False}})

    def close(self) -> None:
        """See `Closing`."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, path: str, token: str, body: JsonObject) -> Answer:
        """What it says to one request below /v1/."""
        match method, path.split("/"):
            case "POST", ["auth", "kubernetes", "login"]:
                return self._login(str(body.get("role")), str(body.get("jwt")))
            case _ if token not in self._tokens:
                return _refusal(403, "permission denied")
            case "POST", ["auth", "token", "revoke-self"]:
                self._tokens.discard(token)
                return Answer(204)
            case "GET", ["auth", "token", "lookup-self"]:
                return Answer(200, {"data": {"display_name": "kubernetes", "policies": ["demo"]}})
            case "GET", [mount, "data", *rest]:
                return self._read("/".join([mount, *rest]))
        return _refusal(404)

    def _login(self, role: str, jwt: str) -> Answer:
        kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
        spec = {"token": jwt, "audiences": [AUDIENCE]}
        status = self._api.request("POST", _REVIEWS, kind | {"spec": spec}).body["status"]
        if role not in self._roles:
            return _refusal(400, f'invalid role name "{role}"')
        account = self._roles[role].replace("/", ":")
        if not status.get("authenticated"):
            return _refusal(403, "permission denied")
        if status["user"]["username"] != f"system:serviceaccount:{account}":
            return _refusal(403, "service account name not authorized")
        token = f"s.{secrets.token_urlsafe(18)}"
        self._tokens.add(token)
        auth = {"client_token": token, "lease_duration": 120, "token_type": "service"}
        return Answer(200, {"auth": auth | {"policies": ["demo"]}})

    def _read(self, path: str) -> Answer:
        if not (versions := self._kept.get(path)):
            return _refusal(404)
        return Answer(200, {"data": versions[-1]})


def _refusal(status: int, *errors: str) -> Answer:
    return Answer(status, {"errors": list(errors)})


class _Server(hangups.Server):
    daemon_threads = True

    def __init__(self, vault: VaultServer) -> None:
        self.vault = vault
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body: Any = json.loads(hangups.body(self, _LIMIT) or "{}")
        path = self.path.removeprefix("/v1/").partition("?")[0]
        token = self.headers.get("x-vault-token", "")
        answer = self.server.vault.answer(self.command, path, token, body)
        raw = b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PUT = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: a request is no output of a test."""
