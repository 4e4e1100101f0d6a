"""What stand-ins of clouds share: a loopback proxy that is each of their hosts, and tokens."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from initsync.testing.closing import Closing
from initsync.testing.pki import Authority

_KEY = b"what the stand-in signs with"


class Asked(NamedTuple):
    """One request, as it arrived."""

    host: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class Answer(NamedTuple):
    status: int
    body: Any
    """Bytes go as they are, all else as JSON."""
    headers: Mapping[str, str] = {}


class FakeCloud(Closing):
    """`url` is the proxy's, `ca` the file of whom to trust.

    Reached as a proxy it lets clients use the cloud's own names of hosts, and sees which.
    """

    def __init__(self, authority: Authority, name: str, hosts: tuple[str, ...]) -> None:
        self.asked: list[Asked] = []
        self.tunnels: list[str] = []
        self.scripted: dict[str, list[Answer]] = {}
        self.ca = str(authority.ca)
        pair = authority.serving(name, hosts)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(pair.certificate, pair.key)
        handler = type("Handler", (_Handler,), {"cloud": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False  # a kept-alive client connection would hold it up
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def will(self, kind: str, status: int, body: Any, **headers: str) -> None:
        """Answer the next request of a kind so, in place of what is right."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.scripted.setdefault(kind, []).append(Answer(status, body, named))

    def answer(self, asked: Asked) -> Answer:
        """What was scripted for a request of its kind, or what is right."""
        self.asked.append(asked)
        kind = self.kind(asked)
        return self.scripted[kind].pop(0) if self.scripted.get(kind) else self.right(kind, asked)

    @abstractmethod
    def kind(self, asked: Asked) -> str:
        """Of a request, as `will` names it."""

    @abstractmethod
    def right(self, kind: str, asked: Asked) -> Answer:
        """What the cloud itself would say."""


def signed(claims: Mapping[str, Any]) -> str:
    """A JWT; by HMAC, since nobody but the stand-in looks at its signature."""
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps(claims)]
    text = ".".join(_encoded(part.encode()) for part in parts)
    return f"{text}.{_encoded(hmac.digest(_KEY, text.encode(), hashlib.sha256))}"


def verified(token: str) -> dict[str, Any]:
    """Its claims; none where it is not ours."""
    text, _, signature = token.rpartition(".")
    if signature != _encoded(hmac.digest(_KEY, text.encode(), hashlib.sha256)):
        return {}
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text.partition(".")[2] + "=="))
    return found


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    cloud: FakeCloud

    def do_CONNECT(self) -> None:
        """Be the host that is asked for."""
        self.cloud.tunnels.append(self.path)
        self.send_response_only(200)
        self.end_headers()
        self.connection = self.cloud.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self.close_connection = False

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        asked = Asked(headers["host"], self.command, self.path, headers, body)
        status, found, extra = self.cloud.answer(asked)
        raw = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response_only(status)
        own = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(raw))}
        if "transfer-encoding" in {name.lower() for name in extra}:
            del own["Content-Length"]
        for name, value in {**own, **extra}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):  # of more than it wants a client takes only the beginning
            self.wfile.write(raw)

    do_POST = do_GET

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Keep the suite's output readable."""
