"""The HTTPS server on uvloop: a live certificate, an end without loss."""

import asyncio
import gc
import signal
import socket
import time
from collections.abc import Callable, Sequence

import uvloop

from injector import listening, workers
from injector.app import App
from injector.connection import Connection, Shared
from injector.housekeeping import every
from injector.logs import Log
from injector.metrics import Metrics
from injector.settings import Settings
from injector.tls import ServingCertificate

_RELOAD_EVERY = 2.0  # seconds
_CHECK_EVERY = 1.0  # seconds
_DRAIN = 3.0  # seconds in which kept-alive connections are answered with "connection: close"
_GRACE = 10.0  # seconds for requests that have begun
_HANDSHAKE = 10.0  # seconds, as an API server waits
_GOODBYE = 5.0  # seconds for TLS's own end


class Server:
    """Serves `app` on a socket; a signal begins the drain, a second one ends it."""

    def __init__(self, app: App, certificate: ServingCertificate, drain: float = _DRAIN) -> None:
        self._shared = Shared(app)
        self._certificate = certificate
        self._drain = drain
        self._signalled, self._hurried = asyncio.Event(), False

    async def serve(self, sock: socket.socket, leash: int | None = None) -> None:
        """Serve until a signal, or the end of the file `leash`, has been given its time."""
        loop = asyncio.get_running_loop()
        if leash is not None:
            loop.add_reader(leash, self._unleashed, leash)
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._signal)
        server = await loop.create_server(
            lambda: Connection(self._shared),
            sock=sock,
            backlog=listening.BACKLOG,
            ssl=self._certificate.context,
            ssl_handshake_timeout=_HANDSHAKE,
            ssl_shutdown_timeout=_GOODBYE,
        )
        log = self._shared.app.log
        async with (
            every(_RELOAD_EVERY, self._certificate.reload, log),
            every(_CHECK_EVERY, self._check, log),
        ):
            await self._end(server)

    def _signal(self) -> None:
        """Begin the drain: go on answering, and let each answer end its connection."""
        if self._shared.app.draining:
            self._hurried = True
        self._shared.app.draining = True
        self._signalled.set()

    def _unleashed(self, leash: int) -> None:
        asyncio.get_running_loop().remove_reader(leash)
        if not self._shared.app.draining:
            self._signal()

    async def _end(self, server: asyncio.Server) -> None:
        await self._signalled.wait()
        await _until(lambda: self._hurried, self._drain)
        server.close()
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


def serve(
    settings: Settings, certificate: ServingCertificate, socks: Sequence[socket.socket]
) -> bool:
    """Serve until SIGTERM or SIGINT, by a process for each socket; whether that was the end."""
    log = Log()
    metrics = Metrics(lambda: certificate.validity, len(socks))
    app = App(settings, certificate.problem, log, metrics)

    def work(number: int, leash: int | None = None) -> None:
        metrics.use(number)
        gc.freeze()  # what is there now stays: the collector need not look at it again
        uvloop.run(Server(app, certificate).serve(socks[number], leash))

    log.line("info", "listening", url=listening.url(socks[0]), image=settings.image)
    good = True
    if len(socks) == 1:
        work(0)
    else:
        good = workers.run(len(socks), work)
    log.line("info" if good else "error", "stopped" if good else "a worker ended by itself")
    return good
