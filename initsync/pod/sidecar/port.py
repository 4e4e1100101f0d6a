"""A port that answers GET and HEAD with small pages, beside whatever the process does.

By hand and not with http.server, which brings http.client, email and 3 MB of memory along.
One thread waits for all clients at once, so that silent ones keep nobody waiting: a kubelet gives
its probe a second. Connections, bytes and time are bounded; a connection is for one request.
"""

import _thread
import select
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

_OPEN = 64  # connections at once; where another one comes, that which came first ends
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
    """An HTTP answer of the port."""

    status: int
    body: bytes
    kind: str = "text/plain; charset=utf-8"


Pages = Callable[[str], Page | None]
"""Gives the page at a path; None: there is none."""


def serve(port: int, pages: Pages) -> int:
    """Answer on `port` (0: any free one) until the process ends; the port. Raises OSError."""
    sock = _listening(port)
    _thread.start_new_thread(_Server(sock, pages).run, ())
    return int(sock.getsockname()[1])


class _Client:
    """One connection to the port, with what it has sent so far."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline
        self.received = bytearray()
        self.answered = False


class _Server:
    """The thread's loop. A client that breaks anything loses its connection, and nobody else."""

    def __init__(self, sock: socket.socket, pages: Pages) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._pages = pages
        self._clients: dict[socket.socket, _Client] = {}  # the first that came is the first

    def run(self) -> None:
        """Answer requests for as long as the process lives."""
        while True:
            left = [client.deadline - time.monotonic() for client in self._clients.values()]
            watched = [self._sock, *self._clients]
            for sock in select.select(watched, [], [], max(0.0, min(left)) if left else None)[0]:
                if sock is self._sock:
                    self._accept()
                elif sock in self._clients:
                    self._read(self._clients[sock])
            self._end_overdue()

    def _accept(self) -> None:
        try:
            sock, _ = self._sock.accept()
        except OSError:
            time.sleep(_PAUSE)
            return
        sock.setblocking(False)
        self._clients[sock] = _Client(sock, time.monotonic() + _SECONDS)
        if len(self._clients) > _OPEN:
            self._end(next(iter(self._clients.values())))

    def _read(self, client: _Client) -> None:
        try:
            more = client.sock.recv(_LIMIT)
            if more and not client.answered:
                client.received += more
                client.answered = _answered(client, self._pages)
        except Exception:  # its client sees the end; a trace on standard error would help nobody
            more = b""
        if not more:
            self._end(client)

    def _end_overdue(self) -> None:
        now = time.monotonic()
        for client in [one for one in self._clients.values() if one.deadline <= now]:
            self._end(client)

    def _end(self, client: _Client) -> None:
        del self._clients[client.sock]
        client.sock.close()


def _listening(port: int) -> socket.socket:
    """A listening socket of both families; of IPv4 alone where there is no IPv6."""
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


def _answered(client: _Client, pages: Pages) -> bool:
    """Whether all of a request is there, and its answer is sent. A small page is sent at once."""
    received = bytes(client.received)
    if b"\r\n\r\n" not in received and len(received) <= _LIMIT:
        return False
    method, page = _chosen(received, pages)
    head = (
        f"HTTP/1.1 {page.status} {_REASONS[page.status]}\r\n"
        f"content-type: {page.kind}\r\ncontent-length: {len(page.body)}\r\n"
        "allow: GET, HEAD\r\nconnection: close\r\n\r\n"
    )
    client.sock.sendall(head.encode() + (b"" if method == "HEAD" else page.body))
    client.sock.shutdown(socket.SHUT_WR)
    return True


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
