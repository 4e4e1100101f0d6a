"""Listening sockets: one, or one for each worker, among which the kernel spreads connections."""

import socket

BACKLOG = 1024


def listen(host: str, port: int, count: int = 1) -> list[socket.socket]:
    """All on one address; port 0 lets the system choose one. `::` is every address there is."""
    if host == "::" and not _has_ipv6():
        host = "0.0.0.0"  # noqa: S104  # what `::` means on a node without IPv6
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    dual = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
    made: list[socket.socket] = []
    for _ in range(count):
        at = (host, made[0].getsockname()[1] if made else port)
        shared = count > 1
        made.append(
            socket.create_server(
                at, family=family, backlog=BACKLOG, dualstack_ipv6=dual, reuse_port=shared
            )
        )
    return made


def url(sock: socket.socket) -> str:
    """Where it listens."""
    host, port = sock.getsockname()[:2]
    return f"https://{f'[{host}]' if ':' in host else host}:{port}"


def _has_ipv6() -> bool:
    """Whether this kernel has it, and not only this Python."""
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError:
        return False
    return True
