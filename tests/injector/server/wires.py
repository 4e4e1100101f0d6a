"""The other side of the injector's connections, in memory: bytes, their end, and a full buffer."""

import asyncio
import io
import itertools
import socket
import ssl
from collections import deque
from collections.abc import Callable
from typing import cast

from initsync.injection.settings import InjectionSettings
from injector.server.clients import Clients
from injector.server.connection import Connection
from injector.webhook.app import App
from injector.webhook.logs import Log
from injector.webhook.metrics import Metrics

END = b""
"""In place of bytes: the client sends no more."""
Ready = Callable[[], None]


class Wire:
    """A TLS socket as the injector sees it."""

    _numbers = itertools.count()

    def __init__(self) -> None:
        self.number = next(self._numbers)
        self.come = deque[bytes | OSError]()
        self.written = b""
        self.room = 1 << 30
        """Bytes that the client's side still takes."""
        self.left = self.closed = False

    def fileno(self) -> int:
        return self.number

    def setblocking(self, _: bool) -> None:
        pass

    def do_handshake(self) -> None:
        pass

    def recv(self, most: int) -> bytes:
        """A record at most, as TLS gives them."""
        if not self.come:
            raise ssl.SSLWantReadError
        first = self.come.popleft()
        if isinstance(first, OSError):
            raise type(first)  # not itself, whose traceback would keep what it passed
        if len(first) > most:
            self.come.appendleft(first[most:])
        elif first == END:
            self.come.append(END)
        return first[:most]

    def recv_into(self, room: memoryview) -> int:
        found = self.recv(len(room))
        room[: len(found)] = found
        return len(found)

    def send(self, data: memoryview) -> int:
        taken = min(self.room, len(data))
        if not taken:
            raise ssl.SSLWantWriteError
        self.written += bytes(data[:taken])
        self.room -= taken
        return taken

    def unwrap(self) -> None:
        raise ssl.SSLWantReadError

    def shutdown(self, _: int) -> None:
        self.left = True

    def close(self) -> None:
        self.closed = True


class Loop:
    """What of an event loop a connection needs."""

    def __init__(self) -> None:
        self.readers: dict[int, Ready] = {}
        self.writers: dict[int, Ready] = {}

    def add_reader(self, number: int, ready: Ready) -> None:
        self.readers[number] = ready

    def add_writer(self, number: int, ready: Ready) -> None:
        self.writers[number] = ready

    def remove_reader(self, number: int) -> None:
        self.readers.pop(number, None)

    def remove_writer(self, number: int) -> None:
        self.writers.pop(number, None)


class Place:
    """An injector without its sockets."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.clients, self.loop, self.log = Clients(lambda: self.clock), Loop(), io.StringIO()
        self.metrics = Metrics(lambda: (0.0, 0.0), self.clients.in_flight)
        self.app = App(InjectionSettings("i"), self.clients.problem, Log(self.log), self.metrics)

    def client(self) -> "Client":
        """One more, with its handshake done."""
        return Client(self)


class Client:
    """Who is at the other end."""

    def __init__(self, place: Place) -> None:
        self.wire, self._place = Wire(), place
        self.connection = Connection(
            cast(socket.socket, self.wire),
            lambda sock: cast(ssl.SSLSocket, sock),
            place.app,
            place.clients,
            cast(asyncio.AbstractEventLoop, place.loop),
        )

    def send(self, *parts: bytes | OSError) -> None:
        """Each part is one record."""
        self.wire.come += parts
        self.go_on()

    def take(self, size: int = 1 << 30) -> None:
        """So many bytes more of what is answered."""
        self.wire.room += size
        self.go_on()

    def go_on(self) -> None:
        """Call the connection as a selector would, until that changes nothing."""
        loop, number = self._place.loop, self.wire.number
        while (ready := loop.readers.get(number)) and self.wire.come:
            before = len(self.wire.come), self.wire.come[0]
            ready()
            if self.wire.come and (len(self.wire.come), self.wire.come[0]) == before:
                break
        if (ready := loop.writers.get(number)) and self.wire.room:
            ready()
            self.go_on()

    @property
    def statuses(self) -> list[int]:
        """Of all answers so far, in order."""
        return [int(part[:3]) for part in self.wire.written.split(b"HTTP/1.1 ")[1:]]

    @property
    def ended(self) -> str:
        """Empty, `left` after the last answer, or `closed`."""
        return "closed" if self.wire.closed else "left" if self.wire.left else ""
