"""The HTTPS server: a live certificate, an end without loss."""

import asyncio
import functools
import gc
import signal
import socket
import time
from collections.abc import Callable

from initsync.words.wording import bug
from injector.server.clients import MOST, Clients
from injector.server.connection import Connection
from injector.server.tls import ServingCertificate
from injector.webhook.app import App

_EVERY = 1.0  # seconds
_DRAIN = 3.0  # seconds in which kept-alive connections are answered with "connection: close"
_GRACE = 10.0  # seconds for requests that have begun
_PAUSE = 0.05  # seconds until there may be a place, or a file, for another connection


class Server:
    """Serves `app` on `sock`; a signal begins the drain, a second one ends it."""

    def __init__(
        self, sock: socket.socket, app: App, clients: Clients, certificate: ServingCertificate
    ) -> None:
        self._sock, self._app, self._clients = sock, app, clients
        self._certificate = certificate
        self._wrap = functools.partial(
            certificate.context.wrap_socket, server_side=True, do_handshake_on_connect=False
        )
        self._signalled, self._hurried = asyncio.Event(), False

    async def serve(self) -> None:
        """Serve until a signal has been given its time."""
        self._loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(sign, self._signal)
        self._sock.setblocking(False)
        self._listen()
        housekeeping = asyncio.create_task(self._keep_house())
        await self._end()
        housekeeping.cancel()

    def _listen(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.add_reader(self._sock.fileno(), self._accept)

    def _accept(self) -> None:
        """One client, who counts from now on; others wait in the kernel where there is no place."""
        try:
            if len(self._clients.open) >= MOST:
                self._app.log.line("warning", "all places are taken: connections end for others")
            if not self._clients.has_place():
                raise BlockingIOError
            sock, _ = self._sock.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # that, or it has gone, or the process may have no more files
            self._loop.remove_reader(self._sock.fileno())
            self._loop.call_later(_PAUSE, self._listen)
        else:
            Connection(sock, self._wrap, self._app, self._clients, self._loop)

    def _signal(self) -> None:
        """Begin the drain: go on answering, and let each answer end its connection."""
        self._hurried = self._app.draining
        self._app.draining = True
        self._signalled.set()

    async def _end(self) -> None:
        await self._signalled.wait()
        await _until(lambda: self._hurried, _DRAIN)
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        self._clients.drain()
        await _until(lambda: not self._clients.open, _GRACE)

    async def _keep_house(self) -> None:
        """Whatever happens: going on is worth more than ending with all that is to be answered."""
        log, told = self._app.log, dict[object, str]()
        while True:
            for do in (self._certificate.reload, self._clients.check, log.tell_left_out):
                try:
                    do()
                except Exception as error:
                    if told.get(do) != bug(error):  # once, not each time
                        log.line("error", bug(error))
                    told[do] = bug(error)
            await asyncio.sleep(_EVERY)


async def _until(done: Callable[[], bool], seconds: float) -> None:
    """Wait until that is done, for so many seconds at most."""
    ends = time.monotonic() + seconds
    while not done() and time.monotonic() < ends:
        await asyncio.sleep(0.02)


def serve(app: App, certificate: ServingCertificate, clients: Clients, sock: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    gc.freeze()  # what is there now stays: the collector need not look at it again
    asyncio.run(Server(sock, app, clients, certificate).serve())
    app.log.line("info", "stopped")
