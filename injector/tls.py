"""The serving certificate: from a mounted directory, reloaded while connections are served.

A key that does not belong to its certificate, loaded into the live context, breaks every new
handshake until a good pair follows (measured, notes F12). So each pair is tried in a scratch
context first; until it is good, the one before it goes on serving.
"""

import ssl
import time
from collections.abc import Callable
from pathlib import Path

from cryptography import x509

from injector.logs import Log

CERTIFICATE = "tls.crt"
KEY = "tls.key"
_DAY = 86_400.0
_SOON = 30 * _DAY


class NoCertificate(Exception):
    """There is no usable pair to begin with; the text names the directory and the problem."""


class ServingCertificate:
    """The pair in `directory` as a live TLS context. Raises NoCertificate."""

    def __init__(self, directory: Path, log: Log, now: Callable[[], float]) -> None:
        self._directory = directory
        self._log = log
        self._now = now
        self._seen: tuple[bytes, bytes] | None = None
        self._refused: tuple[bytes, bytes] | None = None
        self._warned = float("-inf")
        self.expires = 0.0
        """Epoch seconds."""
        self.context = _context()
        try:
            self._load(self._read())
        except (OSError, ValueError) as error:
            advice = "make one by: jasm-injector certs --self-signed DIR"
            problem = getattr(error, "strerror", None) or str(error)
            text = f"no usable {CERTIFICATE} and {KEY} in {directory} ({problem}); {advice}"
            raise NoCertificate(text) from error

    def reload(self) -> None:
        """Take the pair on disk if it is another one and good; say so where it is not.

        Read by content: a mounted Secret changes by a symlink's swap, which file times and
        inotify on the file miss.
        """
        self._warn()
        try:
            pair = self._read()
            if pair in (self._seen, self._refused):
                return
            self._load(pair)
            self._log.line("info", "serving certificate reloaded", expires=self.expires)
        except (OSError, ValueError) as error:
            self._log.line("error", f"certificate on disk not used: {type(error).__name__}")

    def _warn(self) -> None:
        """Say once a day that its end is near: unrenewed, it stops every annotated pod."""
        left = self.expires - self._now()
        if left < _SOON and self._now() - self._warned >= _DAY:
            self._warned = self._now()
            days = round(left / _DAY, 1)
            self._log.line("warning", "the serving certificate ends soon: renew it", days=days)

    def problem(self) -> str:
        """Why API servers do not accept it any more; empty while they do."""
        if self._now() < self.expires:
            return ""
        ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.expires))
        return f"the serving certificate ended at {ended}: renew it"

    def _read(self) -> tuple[bytes, bytes]:
        """Both files of one projection: through the resolved `..data`, never half old half new."""
        place = (self._directory / "..data").resolve()
        place = place if place.is_dir() else self._directory
        return (place / CERTIFICATE).read_bytes(), (place / KEY).read_bytes()

    def _load(self, pair: tuple[bytes, bytes]) -> None:
        self._refused = pair
        expires = x509.load_pem_x509_certificate(pair[0]).not_valid_after_utc.timestamp()
        files = self._directory / CERTIFICATE, self._directory / KEY
        _context().load_cert_chain(*files, password=_no_password)
        if self._read() != pair:
            raise ValueError("it changed while it was read")
        self.context.load_cert_chain(*files, password=_no_password)
        self._seen, self.expires = pair, expires


def _no_password() -> str:
    """Instead of OpenSSL's own question on the terminal, which would hold up every review."""
    raise ValueError("the key is encrypted, and must not be")


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])  # API servers speak no other to webhooks
    return context
