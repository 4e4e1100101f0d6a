"""The HTTPS server: uvicorn with httptools and uvloop, a live certificate, an end without loss."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from injector.app import App
from injector.logs import Log
from injector.metrics import Metrics
from injector.settings import Settings
from injector.tls import ServingCertificate

# API servers keep idle connections for 90 s and do not repeat a POST that meets a closed one
# (client-go transport, notes 1.4): let them be the ones who close.
_KEEP_ALIVE = 120
_RELOAD_EVERY = 2.0  # seconds
_DRAIN = 3.0  # seconds in which kept-alive connections are answered with "connection: close"
_GRACE = 10  # seconds for requests that have begun
_BACKLOG = 1024
_CONNECTIONS = 1000  # some 50 KB each; an API server keeps 25 idle ones at most
_SILENT = 10.0  # seconds without a whole request head


class Protocol(HttpToolsProtocol):
    """Uvicorn's own, with an end to connections that say nothing, and to too many of them."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        """Wait for a request, but not for ever."""
        super().connection_made(transport)
        if len(self.connections) > _CONNECTIONS:
            transport.abort()
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Go on waiting where this was not the whole head of a request."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()

    def _wait(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            _SILENT, self.timeout_keep_alive_handler
        )


class Server(uvicorn.Server):
    """Serves `app` on `sock`; a signal begins the drain, a second one ends it."""

    def __init__(self, app: App, certificate: ServingCertificate, drain: float = _DRAIN) -> None:
        self._app = app
        self._certificate = certificate
        self._drain = drain
        self._ends = float("inf")
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                loop="uvloop",
                lifespan="off",
                interface="asgi3",
                ssl_context_factory=lambda *_: certificate.context,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_GRACE,
                log_config=None,
                access_log=False,
                server_header=False,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the drain: go on answering, and let each answer end its connection."""
        if self._app.draining:
            super().handle_exit(sig, frame)
        self._app.draining = True
        self._ends = time.monotonic() + self._drain

    async def on_tick(self, counter: int) -> bool:
        """Uvicorn's own housekeeping, ten times a second, and the end of the drain."""
        if time.monotonic() >= self._ends:
            self.should_exit = True
        return bool(await super().on_tick(counter))

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal has been given its time."""
        async with _reloading(self._certificate):
            await super().serve(sockets)


@contextlib.asynccontextmanager
async def _reloading(certificate: ServingCertificate) -> AsyncIterator[None]:
    async def watch() -> None:
        while True:
            await asyncio.sleep(_RELOAD_EVERY)
            certificate.reload()

    task = asyncio.create_task(watch())
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
    Server(app, certificate).run([sock])
    log.line("info", "stopped")
