"""TCP connections within a deadline: names, addresses and proxies, up to where TLS begins."""

import _thread
import socket
import time
from collections.abc import Sequence
from typing import Any

from initsync.network import http1, urls


def opened(place: urls.Host, proxy: urls.Proxy | None, deadline: float) -> socket.socket:
    """A connection to `place`, by `proxy` if there is one; `deadline` is on the monotonic clock.

    Raises OSError, UnicodeError for a name that cannot be one, and http1.BadResponse where the
    proxy refuses.
    """
    first = proxy or place
    sock = _connected(first.host, first.port, deadline)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if proxy and place.secure:
            _tunnel(sock, place, proxy, deadline)
    except BaseException:
        sock.close()
        raise
    return sock


def _connected(host: str, port: int, deadline: float) -> socket.socket:
    """The first of the host's addresses that answers; each gets its share of the time left.

    `socket.create_connection` would give the whole of it to each of them.
    """
    problem: OSError = TimeoutError()
    found = _resolved(host, port, deadline)
    for number, (family, kind, protocol, _, address) in enumerate(found):
        sock = None
        try:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(left(deadline) / (len(found) - number))
            sock.connect(address)
        except OSError as error:
            problem = error
            if sock:
                sock.close()
        else:
            return sock
    raise problem


def _resolved(host: str, port: int, deadline: float) -> Sequence[tuple[Any, ...]]:
    """The host's addresses, asked for in a thread: the resolver knows neither deadline nor signal.

    With a silent name server it takes 20 s and more. A thread left behind ends with the process.
    """
    asked = plain(host)
    found: list[Sequence[tuple[Any, ...]] | Exception] = []
    done = _thread.allocate_lock()
    done.acquire()

    def resolve() -> None:
        try:
            found.append(socket.getaddrinfo(asked, port, type=socket.SOCK_STREAM))
        except Exception as error:  # whatever it is belongs to who waits
            found.append(error)
        done.release()

    _thread.start_new_thread(resolve, ())
    if not done.acquire(timeout=left(deadline)):
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answered in time")
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def plain(host: str) -> str | bytes:
    """The name as it goes over the wire; of one in ASCII `encodings.idna` is not imported."""
    return host.encode() if host.isascii() else host


def _tunnel(sock: socket.socket, place: urls.Host, proxy: urls.Proxy, deadline: float) -> None:
    """https://www.rfc-editor.org/rfc/rfc9110#name-connect"""
    host = f"[{place.host}]" if ":" in place.host else place.host
    target = f"{host}:{place.port}"
    head = {"host": target, "user-agent": http1.AGENT} | login(proxy)
    sock.sendall(http1.request("CONNECT", target, head, b""))
    status = http1.Reader(lambda: receive(sock, deadline)).status()
    if not 200 <= status < 300:
        wish = ": it wants a login, http://USER:PASSWORD@HOST:PORT" if status == 407 else ""
        raise http1.BadResponse(f"the proxy refuses the way there (status {status}){wish}")


def login(proxy: urls.Proxy) -> dict[str, str]:
    """The header with which a request enters the proxy, where that wants one."""
    return {"proxy-authorization": proxy.authorization} if proxy.authorization else {}


def receive(sock: socket.socket, deadline: float) -> bytes:
    """The next bytes, b"" at the end. Raises TimeoutError and other OSErrors."""
    sock.settimeout(left(deadline))
    return sock.recv(65_536)


def left(deadline: float) -> float:
    """Seconds until `deadline`; a host that sends a byte now and then gets no more than others."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
