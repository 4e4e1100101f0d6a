"""Kept-alive HTTP/1.1 connections, one a host: the pod path's only door to the network."""

import _thread
import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from initsync import http1, urls
from initsync.errors import InvalidSetup
from initsync.http1 import Response

TIMEOUT = 10.0
"""Seconds for one whole request, connecting included."""
LEAST = 2.0
"""Seconds that a request gets even after the deadline: the Event about a failure follows it."""

__all__ = ["Connection", "Network", "Response", "TransportError"]

Tls = Callable[[], ssl.SSLContext]


class TransportError(Exception):
    """No whole answer came back; the text says from where and what was seen instead."""

    advice = "it may be restarting"


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

    def direct(self, url: str, tls: Tls, timeout: float = TIMEOUT) -> "Connection":
        """A connection past any proxy: to the node and to the cluster's own API."""
        return Connection(url, tls, self, timeout)

    def proxied(self, url: str, tls: Tls, timeout: float = TIMEOUT) -> "Connection":
        """A connection by the environment's proxy, where that names one for this host."""
        proxy = urls.proxy_for(urls.place(url), self._env)
        return Connection(url, tls, self, timeout, proxy)


class Connection:
    """One host, spoken to over one connection that is opened when first needed.

    A request is sent once: what an unanswered one did is for the caller to find out.
    `server_name`: whose certificate to expect, where it is not the host's own.
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
    ) -> None:
        self._place = place = urls.place(url)
        self.url = url
        self.authority = place.authority
        """The Host header."""
        self.prefix = place.prefix
        """Put before every target."""
        self._tls = tls
        self._network = network
        self._timeout = timeout
        self._proxy = proxy
        self._server_name = server_name or place.host
        self._socket: socket.socket | None = None

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """Send one request and read its answer, whatever its status.

        `target` is path and query, below the URL's own path. Host and Content-Length are added.
        Raises TransportError, and InvalidSetup for a header that cannot be sent.
        """
        message = self._message(method, self.prefix + target, headers, body)
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

    def _trace(self, method: str, target: str, result: str, start: float) -> None:
        milliseconds = (time.monotonic() - start) * 1000
        where = f"{method} {self.authority}{self.prefix}{target}"
        self._network.trace(f"{where}: {result}, {milliseconds:.0f} ms")

    def _message(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
        head = {"host": self.authority, **headers}
        if self._proxy and not self._place.secure:
            target = f"http://{self.authority}{target}"
            head |= _proxy_login(self._proxy)
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
        sock.settimeout(_left(deadline))
        sock.sendall(message)
        response, reusable = http1.Reader(lambda: _receive(sock, deadline)).response()
        if not reusable:
            self.close()
        return response

    def _open(self, deadline: float) -> socket.socket:
        first = self._proxy or self._place
        sock = _connected(first.host, first.port, deadline)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self._place.secure:
                return sock
            if self._proxy:
                _tunnel(sock, self._place, self._proxy, deadline)
            sock.settimeout(_left(deadline))
            return self._tls().wrap_socket(sock, server_hostname=self._server_name)
        except BaseException:
            sock.close()
            raise


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
            sock.settimeout(_left(deadline) / (len(found) - number))
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
    found: list[Sequence[tuple[Any, ...]] | Exception] = []
    done = _thread.allocate_lock()
    done.acquire()

    def resolve() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # whatever it is belongs to who waits
            found.append(error)
        done.release()

    _thread.start_new_thread(resolve, ())
    if not done.acquire(timeout=_left(deadline)):
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answered in time")
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def _tunnel(sock: socket.socket, place: urls.Place, proxy: urls.Proxy, deadline: float) -> None:
    """https://www.rfc-editor.org/rfc/rfc9110#name-connect"""
    host = f"[{place.host}]" if ":" in place.host else place.host
    target = f"{host}:{place.port}"
    sock.sendall(http1.request("CONNECT", target, {"host": target} | _proxy_login(proxy), b""))
    status = http1.Reader(lambda: _receive(sock, deadline)).status()
    if not 200 <= status < 300:
        login = ": it wants a login, http://USER:PASSWORD@HOST:PORT" if status == 407 else ""
        raise http1.BadResponse(f"the proxy refuses the way there (status {status}){login}")


def _proxy_login(proxy: urls.Proxy) -> dict[str, str]:
    return {"proxy-authorization": proxy.authorization} if proxy.authorization else {}


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """A client's context that trusts `ca_file` only; None: what the system trusts.

    Raises InvalidSetup.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError included: the file holds no certificate
        problem = f"cannot use the CA file {ca_file} ({error.strerror or error})"
        raise InvalidSetup(problem, "mount or name a file of PEM certificates") from error


def _receive(sock: socket.socket, deadline: float) -> bytes:
    sock.settimeout(_left(deadline))
    return sock.recv(65_536)


def _left(deadline: float) -> float:
    """Seconds until `deadline`; a host that sends a byte now and then gets no more than others."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


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
