"""The socket that the injector listens on, and its URL."""

import socket

BACKLOG = 512
_BUFFER = 32 * 1024
"""Bytes that the kernel holds for us of a connection, either way: what it holds counts as ours."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on that address; port 0: the system chooses; `::`: every address."""
    if host == "::" and not _has_ipv6():
        host = "0.0.0.0"  # noqa: S104  # what `::` means on a node without IPv6
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    dual = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
    sock = socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=dual)
    for way in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, way, _BUFFER)
    return sock


def url(sock: socket.socket) -> str:
    """The URL at which the socket listens."""
    host, port = sock.getsockname()[:2]
    return f"https://{f'[{host}]' if ':' in host else host}:{port}"


def _has_ipv6() -> bool:
    """Whether this kernel has it, and not only this Python."""
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError:
        return False
    return True
