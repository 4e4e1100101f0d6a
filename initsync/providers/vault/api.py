"""One request to Vault, and its answer, whatever that says.

https://developer.hashicorp.com/vault/api-docs, https://openbao.org/api-docs
"""

import json
from _thread import allocate_lock
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from initsync.formats.json import NotSecretData, document
from initsync.network import urls
from initsync.network.http1 import BODY_LIMIT
from initsync.network.transport import Connection, Network, Response, Tls, TransportError
from initsync.providers.vault.settings import VaultSettings
from initsync.words.errors import InvalidSetup, ProviderUnavailable
from initsync.words.wording import shortened, shown

_PARTS = 70_000
"""Commas and brackets, in the secret's own texts too: to read more takes more memory than a
container has."""
_REDIRECTS = (307, 308)
"""The redirects after which a request stays as it is. A standby without a leader answers 307."""
_TRANSIENT = (408, 412, 425, 429, 472, 473)
"""Beside every 5xx. 412: a standby of Vault Enterprise lags; 472, 473: it does not serve."""
_PLAIN_HTTP = b"Client sent an HTTP request to an HTTPS server"
_PLAIN = "VAULT_ADDR says http://, is it to be https://?"
_SHOWN = 400
"""Bytes of Vault's own words."""


class Call(NamedTuple):
    """What is asked for, below `/v1/`."""

    method: str
    path: str
    """As people write it: not yet encoded."""
    namespace: str = ""
    token: str = ""
    body: Mapping[str, str] | None = None
    query: str = ""

    @property
    def target(self) -> str:
        """Path and query as they are sent."""
        return f"/v1/{quote(self.path)}{self.query and '?' + self.query}"

    @property
    def hidden(self) -> tuple[str, ...]:
        """What no sentence may repeat, though an answer does."""
        return tuple(filter(None, (self.token, (self.body or {}).get("jwt"))))


class Answer(NamedTuple):
    """Vault's, whatever it says: a refusal, too."""

    status: int
    body: Mapping[str, Any]
    said: str
    """Its errors and warnings, on one line and without what was sent."""

    @property
    def unknown_token(self) -> bool:
        """Whether it is the token that is refused, and not what is asked for.

        A policy that denies says `1 error occurred: * permission denied`.
        """
        bare = self.said == "permission denied" or "invalid token" in self.said
        return self.status == 403 and bare

    @property
    def versioned(self) -> bool:
        """Whether it is a secret as version 2 of the KV engine gives it."""
        data = self.body.get("data")
        inner = isinstance(data, dict) and isinstance(data.get("data"), dict)
        return inner and all(self.version)

    @property
    def version(self) -> tuple[str, str]:
        """A secret's version and when it was made; empty where the answer does not say."""
        return self.metadata("version"), self.metadata("created_time")

    def metadata(self, name: str) -> str:
        """What KV version 2 says beside the secret; empty where it does not."""
        data = self.body.get("data")
        found = data.get("metadata") if isinstance(data, dict) else None
        said = found.get(name) if isinstance(found, dict) else None
        return str(said) if isinstance(said, str) else ""


Ask = Callable[[Call], Answer]


class Vault:
    """The server that the platform names; several threads may ask at once."""

    def __init__(self, settings: VaultSettings, network: Network, tls: Tls) -> None:
        self._settings = settings
        self._network = network
        self._tls = tls
        self._place = urls.place(settings.address)
        self._connections: dict[str, Connection] = {}
        self._opening = allocate_lock()
        self.name = f"Vault at {self._place.authority}"
        """The server's name in sentences."""
        self.silent = False
        """Whether the last request got no answer."""

    def ask(self, call: Call) -> Answer:
        """The answer. Raises ProviderUnavailable where another try may help, and InvalidSetup."""
        response = self._sent(self._settings.address, call)
        if response.status in _REDIRECTS:
            response = self._sent(self._redirected(response), call)
        return self._read(response, call.hidden)

    def _sent(self, address: str, call: Call) -> Response:
        headers = {"x-vault-request": "true", "content-type": "application/json"}
        if call.namespace:
            headers["x-vault-namespace"] = call.namespace
        if call.token:
            headers["x-vault-token"] = call.token
        body = json.dumps(call.body).encode() if call.body else b""
        try:
            response = self._connection(address).request(call.method, call.target, headers, body)
        except TransportError as error:
            self.silent = True
            doubt = "" if urls.place(address).secure else f"; {_PLAIN}"
            raise ProviderUnavailable(self.name, f"{error}{doubt}") from error
        self.silent = False
        return response

    def _connection(self, address: str) -> Connection:
        with self._opening:
            if address not in self._connections:
                opened = self._network.proxied(address, self._tls, BODY_LIMIT)
                self._connections[address] = opened
            return self._connections[address]

    def _redirected(self, response: Response) -> str:
        """Where a standby sends us: followed once, by TLS, to hosts that the platform names (D39).

        What is asked for there is what was asked for here, whatever the redirect says.
        Raises ProviderUnavailable: a leader that is lost is replaced within seconds.
        """
        location = response.headers.get("location", "")
        try:
            to = urls.place(location) if "://" in location else self._place
        except InvalidSetup:
            to = None
        if to and to.secure and self._named(to):
            return f"https://{to.authority}{self._place.prefix}"
        where = shown(f"https://{to.authority}" if to and to.secure else location)
        advice = "is JASM_VAULT_REDIRECTS to name that host? A token goes to no other"
        detail = f"it sends us to {where} (HTTP {response.status}); {advice}"
        raise ProviderUnavailable(self.name, detail, response.retry_after)

    def _named(self, to: urls.Host) -> bool:
        with_port = f"{to.host}:{to.port}"
        return to.host == self._place.host or bool(
            {to.host, with_port} & {*self._settings.redirects}
        )

    def _read(self, response: Response, hidden: tuple[str, ...]) -> Answer:
        status = response.status
        if status == 204:
            return Answer(status, {}, "")
        body = _object(response)
        if body is None and _PLAIN_HTTP in response.body[:200]:
            raise InvalidSetup(f"{self.name} speaks HTTPS", _PLAIN)
        said = _said(body or {}, hidden)
        if body is None or status in _TRANSIENT or not 200 <= status < 500:
            detail = f"HTTP {status}, {said or _nothing_said(response, body)}"
            raise ProviderUnavailable(self.name, detail, response.retry_after)
        return Answer(status, body, said)


def _nothing_said(response: Response, body: Mapping[str, Any] | None) -> str:
    if response.parts > _PARTS:
        return f"its answer has more than {_PARTS} parts"
    return "no answer of Vault: is VAULT_ADDR right?" if body is None else "without a word"


def _object(response: Response) -> Mapping[str, Any] | None:
    """The JSON object, numbers with their own digits; None of another answer."""
    if response.parts > _PARTS:
        return None
    try:
        return document(response.body.decode())
    except (UnicodeDecodeError, NotSecretData):
        return None


def _said(body: Mapping[str, Any], hidden: tuple[str, ...]) -> str:
    lists = (body.get("errors"), body.get("warnings"))
    texts = [text for found in lists if isinstance(found, list) for text in found]
    line = "; ".join(" ".join(text.split()) for text in texts if isinstance(text, str))
    for secret in hidden:
        line = line.replace(secret, "…")
    return shortened(line, _SHOWN)
