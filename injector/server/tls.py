"""The serving certificate: from a mounted directory, reloaded while connections are served.

A key that does not belong to its certificate, loaded into the live context, breaks every new
handshake until a good pair follows (measured, F12). So each pair is tried in a scratch
context first; until it is good, the one before it goes on serving.
"""

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from injector.certs.pair import CERTIFICATE, KEY
from injector.webhook.logs import Log

_DAY = 86_400.0
_SOON = 30 * _DAY
_LATE = 4
"""Renewed at two thirds of its life, it never has less left than this part of it."""

Files = tuple[bytes, bytes]


class NoCertificate(Exception):
    """There is no usable pair to begin with; the text names the directory and the problem."""


class _Unfit(ValueError):
    """A pair that is not to be served; the text says why, and nothing of what it holds."""


class Validity(NamedTuple):
    """The validity of a certificate, in seconds since 1970."""

    begins: float
    ends: float

    def problem(self, now: float) -> str:
        """Why nobody accepts it at `now`; empty where it is accepted."""
        if now < self.begins:
            return f"begins only at {_text(self.begins)}"
        return "" if now < self.ends else f"ended at {_text(self.ends)}"

    def is_late(self, now: float) -> bool:
        """Whether its renewal is: less is left than ever in a certificate that is kept."""
        left = self.ends - now
        return left < _SOON and left * _LATE < self.ends - self.begins


class ServingCertificate:
    """The pair in `directory` as a live TLS context. Raises NoCertificate."""

    def __init__(self, directory: Path, log: Log, now: Callable[[], float]) -> None:
        self._directory = directory
        self._log = log
        self._now = now
        self._seen: Files | None = None
        self._told: tuple[Files | None, str] = None, ""
        self._warned = float("-inf")
        self.validity = Validity(0.0, 0.0)
        self.context = _context()
        try:
            self._load(self._read())
        except (OSError, ValueError) as error:
            advice = "make one by: jasm-injector certs --self-signed DIR"
            problem = getattr(error, "strerror", None) or str(error)
            text = f"no usable {CERTIFICATE} and {KEY} in {directory} ({problem}); {advice}"
            raise NoCertificate(text) from error

    def reload(self) -> None:
        """Take the pair on disk if it is another one and good; say once why where it is not.

        Read by content: a mounted Secret changes by a symlink's swap, which file times and
        inotify on the file miss. One that was refused is tried again: its time may come.
        """
        self._warn()
        pair = None
        try:
            pair = self._read()
            if pair != self._seen:
                self._load(pair)
                self._log.line("info", "serving certificate reloaded", expires=self.validity.ends)
            self._told = None, ""
        except (OSError, ValueError) as error:
            self._refuse(pair, str(error) if isinstance(error, _Unfit) else type(error).__name__)

    def _refuse(self, pair: Files | None, why: str) -> None:
        if self._told != (pair, why):
            self._log.line("error", f"certificate on disk not used: {why}")
        self._told = pair, why

    def _warn(self) -> None:
        """Say once a day that its renewal is late: unrenewed, it stops every annotated pod."""
        now = self._now()
        if self.validity.is_late(now) and now - self._warned >= _DAY:
            self._warned = now
            days = round((self.validity.ends - now) / _DAY, 1)
            self._log.line("warning", "the serving certificate ends soon: renew it", days=days)

    def problem(self) -> str:
        """Why API servers do not accept it now; empty while they do."""
        problem = self.validity.problem(self._now())
        return f"the serving certificate {problem}: renew it" if problem else ""

    def _read(self) -> Files:
        """Both files of one projection: through the resolved `..data`, never half old half new."""
        place = (self._directory / "..data").resolve()
        place = place if place.is_dir() else self._directory
        return (place / CERTIFICATE).read_bytes(), (place / KEY).read_bytes()

    def _load(self, pair: Files) -> None:
        validity = _validity(pair[0])
        problem = validity.problem(self._now())
        if problem and not self.problem():
            raise _Unfit(f"it {problem}")
        files = self._directory / CERTIFICATE, self._directory / KEY
        _context().load_cert_chain(*files, password=_no_password)
        if self._read() != pair:
            raise _Unfit("it changed while it was read")
        self.context.load_cert_chain(*files, password=_no_password)
        self._seen, self.validity = pair, validity


def _validity(certificate: bytes) -> Validity:
    found = x509.load_pem_x509_certificate(certificate)
    times = found.not_valid_before_utc, found.not_valid_after_utc
    return Validity(*(moment.timestamp() for moment in times))


def _text(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _no_password() -> str:
    """Instead of OpenSSL's own question on the terminal, which would hold up every review."""
    raise _Unfit("the key is encrypted, and must not be")


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])  # API servers speak no other to webhooks
    return context
