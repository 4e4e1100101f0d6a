"""The HTTPS server on uvloop: a live certificate, an end without loss."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable

import uvloop

from injector.app import App
from injector.connection import Connection, Shared
from injector.logs import Log
from injector.metrics import Metrics
from injector.settings import Settings
from injector.tls import ServingCertificate

_RELOAD_EVERY = 2.0  # seconds
_CHECK_EVERY = 1.0  # seconds
_DRAIN = 3.0  # seconds in which kept-alive connections are answered with "connection: close"
_GRACE = 10.0  # seconds for requests that have begun
_BACKLOG = 1024
_HANDSHAKE = 10.0  # seconds, as an API server waits
_GOODBYE = 5.0  # seconds for TLS's own end


class Server:
    """Serves `app` on a socket; a signal begins the drain, a second one ends it."""

    def __init__(self, app: App, certificate: ServingCertificate, drain: float = _DRAIN) -> None:
        self._shared = Shared(app)
        self._certificate = certificate
        self._drain = drain
        self._signalled, self._hurried = asyncio.Event(), False

    async def serve(self, sock: socket.socket) -> None:
        """Serve until a signal has been given its time."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._signal)
        listening = await loop.create_server(
            lambda: Connection(self._shared),
            sock=sock,
            backlog=_BACKLOG,
            ssl=self._certificate.context,
            ssl_handshake_timeout=_HANDSHAKE,
            ssl_shutdown_timeout=_GOODBYE,
        )
        async with (
            _every(_RELOAD_EVERY, self._certificate.reload),
            _every(_CHECK_EVERY, self._check),
        ):
            await self._end(listening)

    def _signal(self) -> None:
        """Begin the drain: go on answering, and let each answer end its connection."""
        if self._shared.app.draining:
            self._hurried = True
        self._shared.app.draining = True
        self._signalled.set()

    async def _end(self, listening: asyncio.Server) -> None:
        await self._signalled.wait()
        await _until(lambda: self._hurried, self._drain)
        listening.close()
        for connection in list(self._shared.open):
            connection.drain()
        await _until(lambda: not self._shared.open, _GRACE)

    def _check(self) -> None:
        now = time.monotonic()
        for connection in list(self._shared.open):
            connection.check(now)


async def _until(done: Callable[[], bool], seconds: float) -> None:
    """At most so long."""
    ends = time.monotonic() + seconds
    while not done() and time.monotonic() < ends:
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def _every(seconds: float, do: Callable[[], None]) -> AsyncIterator[None]:
    async def go_on() -> None:
        while True:
            await asyncio.sleep(seconds)
            do()

    task = asyncio.create_task(go_on())
    yield
    task.cancel()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 lets the system choose one. `::` is every address there is."""
    if host == "::" and not _has_ipv6():
        host = "0.0.0.0"  # noqa: S104  # what `::` means on a node without IPv6
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    dual = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=dual)


def _has_ipv6() -> bool:
    """Whether this kernel has it, and not only this Python."""
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError:
        return False
    return True


def serve(settings: Settings, certificate: ServingCertificate, sock: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    log = Log()
    metrics = Metrics(lambda: certificate.expires)
    app = App(settings, certificate.problem, log, metrics)
    host, port = sock.getsockname()[:2]
    authority = f"[{host}]" if ":" in host else host
    log.line("info", "listening", url=f"https://{authority}:{port}", image=settings.image)
    uvloop.run(Server(app, certificate).serve(sock))
    log.line("info", "stopped")
