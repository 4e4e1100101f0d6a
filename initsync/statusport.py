"""A port that answers GET and HEAD with small pages, beside whatever the process does.

By hand and not with http.server, which brings http.client, email and 3 MB of memory along.
Everything is bounded: threads, bytes and time of a request; a connection is for one request.
"""

import _thread
import contextlib
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from initsync import sockets

_THREADS = 4  # slow clients that may be there before others wait
_SECONDS = 2.0  # for one request and its answer
_LIMIT = 8192  # bytes of a request
_PAUSE = 0.1  # after a failed accept, such as for want of file descriptors
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class Page(NamedTuple):
    """An answer."""

    status: int
    body: bytes
    kind: str = "text/plain; charset=utf-8"


Pages = Callable[[str], Page | None]
"""By path; None: there is none."""


def serve(port: int, pages: Pages) -> int:
    """Answer on `port` (0: any free one) until the process ends; the port. Raises OSError."""
    sock = _listening(port)
    for _ in range(_THREADS):
        _thread.start_new_thread(_accept, (sock, pages))
    return int(sock.getsockname()[1])


def _listening(port: int) -> socket.socket:
    """Of both families; of IPv4 alone where there is no IPv6."""
    try:
        return _bound(socket.AF_INET6, "::", port)
    except OSError:
        return _bound(socket.AF_INET, "0.0.0.0", port)  # noqa: S104  # Prometheus asks from outside


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    sock = socket.socket(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((address, port))
        sock.listen()
    except BaseException:
        sock.close()
        raise
    return sock


def _accept(sock: socket.socket, pages: Pages) -> None:
    while True:
        try:
            connection, _ = sock.accept()
        except OSError:
            time.sleep(_PAUSE)
            continue
        # Its client sees the end; a trace on standard error would help nobody.
        with connection, contextlib.suppress(Exception):
            _answer(connection, pages)


def _answer(connection: socket.socket, pages: Pages) -> None:
    deadline = time.monotonic() + _SECONDS
    received = b""
    while b"\r\n\r\n" not in received and len(received) <= _LIMIT:
        more = sockets.receive(connection, deadline)
        if not more:
            return
        received += more
    method, page = _chosen(received, pages)
    head = (
        f"HTTP/1.1 {page.status} {_REASONS[page.status]}\r\n"
        f"content-type: {page.kind}\r\ncontent-length: {len(page.body)}\r\n"
        "allow: GET, HEAD\r\nconnection: close\r\n\r\n"
    )
    connection.settimeout(sockets.left(deadline))
    connection.sendall(head.encode() + (b"" if method == "HEAD" else page.body))
    connection.shutdown(socket.SHUT_WR)


def _chosen(received: bytes, pages: Pages) -> tuple[str, Page]:
    """The request's method, and its answer."""
    if len(received) > _LIMIT:
        return "", Page(431, b"the request is too large\n")
    words = received.partition(b"\r\n")[0].decode("latin-1").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return "", Page(400, b"this is no HTTP/1 request\n")
    method, target, _ = words
    page = pages(target.partition("?")[0])
    if page is None:
        return method, Page(404, b"there is no such page\n")
    if method not in ("GET", "HEAD"):
        return method, Page(405, b"GET and HEAD only\n")
    return method, page
