"""HTTPS with a thread a connection: who connects and says nothing keeps nobody else waiting."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from initsync.testing import hangups
from initsync.testing.apiserver.bodies import Reply, Request
from initsync.testing.apiserver.status import ApiError

_BODY_LIMIT = 3_145_728
_IDLE = 120.0
"""Seconds that a connection, its handshake included, may stay silent."""


class Listener:
    """Serves on a loopback port that the OS picks, until it is closed."""

    def __init__(self, tls: ssl.SSLContext, reply: Callable[[Request], Reply]) -> None:
        self._server = _Server(tls, reply)
        self.port = int(self._server.server_address[1])
        # A twentieth of a second is how long closing may take to be noticed.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        """End every connection and wait for its thread."""
        self._server.shutdown()
        self._thread.join()
        self._server.disconnect()
        self._server.server_close()


class _Server(hangups.Server):
    daemon_threads = False  # closing waits for them
    request_queue_size = 128

    def __init__(self, tls: ssl.SSLContext, reply: Callable[[Request], Reply]) -> None:
        self.tls = tls
        self.reply = reply
        self._lock = threading.Lock()
        self._closing = False
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Connection)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection in its own thread; the first read there does the handshake."""
        request.settimeout(_IDLE)
        secure = self.tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._connections.add(secure)
            if self._closing:  # accepted just before: `disconnect` did not see it
                _end(secure)
        try:
            super().process_request_thread(secure, client_address)
        finally:
            with self._lock:
                self._connections.discard(secure)

    def disconnect(self) -> None:
        """Make every open connection end."""
        with self._lock:
            self._closing = True
            for connection in self._connections:
                _end(connection)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # its other end may have gone already
        connection.shutdown(socket.SHUT_RDWR)


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body of an answer leave together

    def _answer(self) -> None:
        body = hangups.body(self)
        if len(body) > _BODY_LIMIT:
            message = f"Request entity too large: limit is {_BODY_LIMIT}"
            error = ApiError(413, "RequestEntityTooLarge", message, {})
            return self._send(Reply(413, error.status, []))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return self._send(self.server.reply(Request(self.command, self.path, headers, body)))

    def _send(self, reply: Reply) -> None:
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        kind = "text/plain; charset=utf-8" if isinstance(reply.body, str) else "application/json"
        raw = text.encode()
        self.send_response(reply.status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(raw)))
        for warning in reply.warnings:
            self.send_header("warning", f"299 - {json.dumps(warning)}")
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the callers count and show requests."""
