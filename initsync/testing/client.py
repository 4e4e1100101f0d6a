"""A plain client of a Kubernetes API: one request, one answer, nothing retried or hidden."""

import http.client
import json
import select
import ssl
import weakref
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from initsync.words.model import JsonObject

JSON = "application/json"
APPLY = "application/apply-patch+yaml"  # JSON is YAML
MERGE = "application/merge-patch+json"
_TIMEOUT = 30.0


class Answer(NamedTuple):
    """What the API server said, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """The headers by their names in lower case."""
    body: Any
    """The JSON value; the text where it is none."""


class Refused(Exception):
    """A request that had to succeed did not; the text is the API server's."""

    def __init__(self, method: str, path: str, answer: Answer) -> None:
        said = answer.body.get("message") if isinstance(answer.body, dict) else answer.body
        super().__init__(f"{method} {path}: {said} ({answer.status})")
        self.answer = answer


class Client:
    """One identity on one API server; safe to use from many threads.

    Connections are kept for the next request: a TLS handshake costs as much as an answer.
    """

    def __init__(self, url: str, ca_file: str, token: str | None, user: str | None = None) -> None:
        """`user`: whom the token's owner impersonates."""
        self._user = user
        self._address = urlsplit(url).netloc
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._token = token
        self._idle: list[http.client.HTTPSConnection] = []
        weakref.finalize(self, _close, self._idle)

    def request(
        self, method: str, path: str, body: object = None, content_type: str = JSON
    ) -> Answer:
        """Send `body` as JSON. Raises OSError where no answer comes within 30 s."""
        headers = {"accept": JSON, "user-agent": "jasm-testing"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        if self._user:
            headers["impersonate-user"] = self._user
        if body is not None:
            headers["content-type"] = content_type
        raw = None if body is None else json.dumps(body, separators=(",", ":"))
        connection = self._connection()
        try:
            connection.request(method, path, raw, headers)
            response = connection.getresponse()
            said = response.read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, _parsed(said))

    def _connection(self) -> http.client.HTTPSConnection:
        """A kept one that its server has not ended, or a new one."""
        while self._idle:
            try:
                kept = self._idle.pop()
            except IndexError:  # another thread took it
                break
            if _is_open(kept):
                return kept
            kept.close()
        return http.client.HTTPSConnection(self._address, timeout=_TIMEOUT, context=self._tls)

    def must(
        self, method: str, path: str, body: object = None, content_type: str = JSON
    ) -> JsonObject:
        """The object in a good answer. Raises Refused for any other."""
        answer = self.request(method, path, body, content_type)
        if answer.status >= 300 or not isinstance(answer.body, dict):
            raise Refused(method, path, answer)
        return answer.body


def _is_open(connection: http.client.HTTPSConnection) -> bool:
    """Whether it waits for a request: what can be read now is its end."""
    if connection.sock is None:
        return False
    connection.sock.settimeout(_TIMEOUT)
    looked = select.poll()
    looked.register(connection.sock, select.POLLIN)
    return not looked.poll(0)


def _close(connections: list[http.client.HTTPSConnection]) -> None:
    for connection in connections:
        connection.close()


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
