"""A client that hangs up, or distrusts the server, is no error of the server's."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    """Shows on stderr what goes wrong in a connection, but for that."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """See `socketserver.BaseServer`."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def body(handler: BaseHTTPRequestHandler, most: int | None = None) -> bytes:
    """The request's body, or `most` bytes of it. Raises ConnectionError where its end lacks."""
    length = int(handler.headers.get("content-length") or 0)
    length = length if most is None else min(length, most)
    found = handler.rfile.read(length)
    if len(found) < length:
        raise ConnectionResetError("the client hung up within its request")
    return found
