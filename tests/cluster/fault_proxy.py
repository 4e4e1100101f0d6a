"""A proxy before an API that breaks one request at a chosen point, once or a few times."""

import http.client
import socket
import ssl
import struct
import threading
from collections import Counter
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from initsync.testing.closing import Closing
from initsync.testing.pki import Authority

POINTS = ("before send", "after send", "in the head", "in the body")
"""Where the connection is reset: nothing reached the API, or all of the request did."""


class Fault(NamedTuple):
    """Which requests are broken, and how."""

    asks: str
    """A method and a part of the target or of a header, such as `PATCH secrets`."""
    point: str | int
    """One of POINTS, or the status that is answered in the API's place."""
    times: int = 1


class FaultProxy(Closing):
    """Listens on the loopback address, with TLS where the API has it. Leaving `with` ends it."""

    def __init__(self, url: str, ca_file: str | None, directory: Path, fault: Fault) -> None:
        self._place = urlsplit(url)
        self._trust = ssl.create_default_context(cafile=ca_file) if ca_file else None
        self._fault = fault
        self._left = fault.times
        self._lock = threading.Lock()
        self.passed: Counter[tuple[str, int]] = Counter()
        """Requests that reached the API, by kind and the API's own status."""
        self.connections = 0
        """Accepted so far; with TLS, handshakes."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.authority = Authority(directory)
        if self._trust:
            pair = self.authority.serving("proxy")
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(pair.certificate, pair.key)
            listening = self._server.socket
            self._server.socket = context.wrap_socket(
                listening, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def accepted(self) -> None:
        """Count a connection."""
        with self._lock:
            self.connections += 1

    def point(self, kind: str) -> str | int | None:
        """How to break this request; None: not at all."""
        method, _, part = self._fault.asks.partition(" ")
        with self._lock:
            if self._left and kind.startswith(method) and part in kind:
                self._left -= 1
                return self._fault.point
        return None

    def forward(
        self, method: str, target: str, headers: Message, body: bytes, kind: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """The API's answer."""
        kept = {k: v for k, v in headers.items() if k.lower() != "connection"}
        host = self._place.netloc
        connection = (
            http.client.HTTPSConnection(host, timeout=30, context=self._trust)
            if self._trust
            else http.client.HTTPConnection(host, timeout=30)
        )
        try:
            connection.request(method, target, body, kept)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        with self._lock:
            self.passed[kind, answer.status] += 1
        return answer.status, answer.getheaders(), raw


def _broken_off(point: str | None, whole: int, body: int) -> int:
    """How much of an answer of that many bytes, and of its body's, is sent."""
    sent = {"after send": 0, "in the head": 20, "in the body": whole - body // 2 - 1, None: whole}
    return sent[point]


def _handler(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            proxy.accepted()
            super().setup()

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            kind = _kind(self.command, self.path, self.headers.get("x-amz-target", ""), body)
            point = proxy.point(kind)
            if point == "before send":
                self._reset()
                return
            if isinstance(point, int):
                self._answer(_refusal(point))
                return
            status, extra, raw = proxy.forward(self.command, self.path, self.headers, body, kind)
            whole = _message(status, extra, raw)
            self._answer(whole[: _broken_off(point, len(whole), len(raw))])
            if point is not None:
                self._reset()

        do_GET = do_POST = do_PATCH = _do

        def _answer(self, raw: bytes) -> None:
            self.wfile.write(raw)
            self.wfile.flush()

        def _reset(self) -> None:
            """What was written still arrives, for it was acknowledged on the loopback link."""
            self.close_connection = True
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

        def log_message(self, *_: object) -> None:
            """Keep the suite's output readable."""

    return Handler


def _kind(method: str, target: str, action: str, body: bytes) -> str:
    """A request as the tests count it: `GET secrets`, `POST GetSecretValue`."""
    if action:
        return f"{method} {action.rpartition('.')[2]}"
    if b"Action=" in body:
        return f"{method} {body.partition(b'Action=')[2].partition(b'&')[0].decode()}"
    return f"{method} {target.partition('?')[0].split('/')[5]}"


def _message(status: int, headers: list[tuple[str, str]], raw: bytes) -> bytes:
    skipped = ("transfer-encoding", "content-length", "connection")
    lines = [f"{name}: {value}" for name, value in headers if name.lower() not in skipped]
    head = "\r\n".join([f"HTTP/1.1 {status} X", *lines, f"Content-Length: {len(raw)}"])
    return f"{head}\r\n\r\n".encode() + raw


def _refusal(status: int) -> bytes:
    body = b'{"kind":"Status","apiVersion":"v1","message":"the test says no","reason":"Test"}'
    return _message(status, [("Retry-After", "1"), ("Content-Type", "application/json")], body)
