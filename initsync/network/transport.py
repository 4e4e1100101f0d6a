"""Kept-alive HTTP/1.1 connections, one a host: the pod path's only door to the network."""

import select
import socket
import ssl
import time
from _thread import allocate_lock
from collections.abc import Callable, Mapping

from initsync.network import http1, sockets, trust, urls
from initsync.network.http1 import Response
from initsync.words.errors import InvalidSetup

TIMEOUT = 10.0
"""Seconds for one whole request, connecting included."""
LEAST = 2.0
"""Seconds that a request gets even after the deadline: the Event about a failure follows it."""

__all__ = ["Connection", "Network", "Response", "TransportError", "Turn"]

Tls = Callable[[], ssl.SSLContext]


class TransportError(Exception):
    """No whole answer came back; the text says from where and what was seen instead."""

    advice = "it may be restarting"


class Turn:
    """A `with` block for one thread at a time.

    Who waits does so for as long as the run has `left`, and then raises what `late` makes.
    """

    def __init__(self, left: Callable[[], float], late: Callable[[], Exception]) -> None:
        self._left = left
        self._late = late
        self._lock = allocate_lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=max(self._left(), LEAST)):
            raise self._late()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Network:
    """Opens connections that share one deadline and one trace.

    `left` gives the seconds until the deadline; `trace` is told a line about each request:
    method, host, target, status, size and time, never a header or body. `env` names proxies.
    """

    def __init__(
        self, env: Mapping[str, str], left: Callable[[], float], trace: Callable[[str], None]
    ) -> None:
        self._env = env
        self.left = left
        self.trace = trace
        self.connections: list[Connection] = []

    def close(self) -> None:
        """End every connection: for who goes on running after the last request."""
        for connection in self.connections:
            connection.close()

    def direct(
        self, url: str, tls: Tls, timeout: float = TIMEOUT, limit: int = http1.BODY_LIMIT
    ) -> "Connection":
        """A connection past any proxy: to the node and to the cluster's own API."""
        return Connection(url, tls, self, timeout, limit=limit)

    def proxied(
        self, url: str, tls: Tls, limit: int = http1.BODY_LIMIT, server_name: str | None = None
    ) -> "Connection":
        """A connection by the environment's proxy, where that names one for this host."""
        proxy = urls.proxy_for(urls.place(url), self._env)
        return Connection(url, tls, self, TIMEOUT, proxy, server_name, limit)


class Connection:
    """One host, spoken to over one connection that is opened when first needed.

    A request is sent once: what an unanswered one did is for the caller to find out. Of several
    threads one after the other is served.
    `server_name`: whose certificate to expect, where it is not the host's own. `limit`: bytes of
    an answer's body.
    Raises InvalidSetup for a URL that names no host.
    """

    def __init__(
        self,
        url: str,
        tls: Tls,
        network: Network,
        timeout: float = TIMEOUT,
        proxy: urls.Proxy | None = None,
        server_name: str | None = None,
        limit: int = http1.BODY_LIMIT,
    ) -> None:
        self._place = place = urls.place(url)
        self.url = url
        self.authority = place.authority
        """The value of the Host header."""
        self.prefix = place.prefix
        """The path that is put before every target."""
        self._tls = tls
        self._network = network
        self._timeout = timeout
        self._proxy = proxy
        self._server_name = server_name or place.host
        self._limit = limit
        self._socket: socket.socket | None = None
        self._turn = Turn(network.left, self._late)
        network.connections.append(self)

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """Send one request and read its answer, whatever its status.

        `target` is path and query, below the URL's own path. Host, User-Agent and Content-Length
        are added.
        Raises TransportError, and InvalidSetup for a header that cannot be sent.
        """
        message = self._message(method, self.prefix + target, headers, body)
        with self._turn:
            return self._asked(method, target, message)

    def _asked(self, method: str, target: str, message: bytes) -> Response:
        allowed = min(self._timeout, max(self._network.left(), LEAST))
        start = time.monotonic()
        try:
            response = self._exchange(message, start + allowed)
        except (OSError, UnicodeError, http1.BadResponse) as error:
            self.close()
            by = f" by proxy {self._proxy.host}:{self._proxy.port}" if self._proxy else ""
            problem = f"{self.authority}{by}: {_cause(error, allowed)}"
            self._trace(method, target, problem, start)
            raise _failure(problem, error) from error
        self._trace(method, target, f"{response.status}, {len(response.body)} bytes", start)
        return response

    def close(self) -> None:
        """End the connection; the next request opens another."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def _late(self) -> TransportError:
        return TransportError(f"{self.authority}: no answer to earlier requests in time")

    def _trace(self, method: str, target: str, result: str, start: float) -> None:
        milliseconds = (time.monotonic() - start) * 1000
        where = f"{method} {self.authority}{self.prefix}{target}"
        self._network.trace(f"{where}: {result}, {milliseconds:.0f} ms")

    def _message(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
        head = {"host": self.authority, "user-agent": http1.AGENT, **headers}
        if self._proxy and not self._place.secure:
            target = f"http://{self.authority}{target}"
            head |= sockets.login(self._proxy)
        try:
            return http1.request(method, target, head, body)
        except ValueError:  # its text would show the header: a token, mostly
            problem = f"a header for {self.authority} holds a line break or is not Latin-1"
            advice = "check the tokens and keys in environment and files"
            raise InvalidSetup(problem, advice) from None

    def _exchange(self, message: bytes, deadline: float) -> Response:
        if self._socket and _readable(self._socket):
            self.close()  # between answers only the end of the connection makes it readable
        self._socket = sock = self._socket or self._open(deadline)
        sock.settimeout(sockets.left(deadline))
        sock.sendall(message)
        reader = http1.Reader(lambda: sockets.receive(sock, deadline), self._limit)
        response, reusable = reader.response()
        if not reusable:
            self.close()
        return response

    def _open(self, deadline: float) -> socket.socket:
        sock = sockets.opened(self._place, self._proxy, deadline)
        if not self._place.secure:
            return sock
        try:
            return self._secured(sock, deadline)
        except ssl.SSLCertVerificationError as error:
            if not (isinstance(self._tls, trust.System) and self._tls.widened(error)):
                raise
        return self._secured(sockets.opened(self._place, self._proxy, deadline), deadline)

    def _secured(self, sock: socket.socket, deadline: float) -> ssl.SSLSocket:
        try:
            sock.settimeout(sockets.left(deadline))
            return self._tls().wrap_socket(sock, server_hostname=sockets.plain(self._server_name))
        except BaseException:
            sock.close()
            raise


def _readable(sock: socket.socket) -> bool:
    return bool(select.select([sock], [], [], 0)[0])


def _failure(problem: str, error: Exception) -> TransportError:
    failure = TransportError(problem)
    if isinstance(error, ssl.SSLCertVerificationError):
        failure.advice = "check the CA certificate and the host's name"
    elif isinstance(error, ssl.SSLError):
        failure.advice = "check certificates and keys on both sides"
    return failure


def _cause(error: Exception, timeout: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:.3g} s"
    if isinstance(error, socket.gaierror):
        return f"its name cannot be resolved ({error.strerror})"
    if isinstance(error, UnicodeError):
        return "its name is no host name"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or error.strerror})"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)
