"""One kept-alive HTTP/1.1 connection to one host: the pod path's only door to the network."""

import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from initsync import http1
from initsync.errors import InvalidSetup
from initsync.http1 import Response

TIMEOUT = 10.0
"""Seconds for one whole request, connecting included."""

__all__ = ["Connection", "Response", "TransportError"]


class TransportError(Exception):
    """No whole answer came back; the text says from where and what was seen instead."""


class Connection:
    """One host, spoken to over one connection that is opened when first needed.

    A request is sent once: what an unanswered one did is for the caller to find out.
    """

    def __init__(
        self, url: str, tls: Callable[[], ssl.SSLContext], timeout: float = TIMEOUT
    ) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._address = (parts.hostname or "", parts.port or (443 if self._secure else 80))
        self.url = url
        self.authority = parts.netloc.rpartition("@")[2]
        """The Host header."""
        self.prefix = parts.path.rstrip("/")
        """Put before every target."""
        self._tls = tls
        self._timeout = timeout
        self._socket: socket.socket | None = None

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """Send one request and read its answer, whatever its status.

        `target` is path and query, below the URL's own path. Host and Content-Length are added.
        Raises TransportError.
        """
        head = {"host": self.authority, **headers}
        message = http1.request(method, self.prefix + target, head, body)
        deadline = time.monotonic() + self._timeout
        try:
            return self._exchange(message, deadline)
        except (OSError, http1.BadResponse) as error:
            self.close()
            raise TransportError(f"{self.authority}: {_cause(error, self._timeout)}") from error

    def close(self) -> None:
        """End the connection; the next request opens another."""
        if self._socket:
            self._socket.close()
            self._socket = None

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
        sock = socket.create_connection(self._address, _left(deadline))
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self._secure:
                return sock
            sock.settimeout(_left(deadline))
            return self._tls().wrap_socket(sock, server_hostname=self._address[0])
        except BaseException:
            sock.close()
            raise


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


def _cause(error: Exception, timeout: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, socket.gaierror):
        return f"its name cannot be resolved ({error.strerror})"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or error.strerror})"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error)
