"""One client's connection: requests in, answers out, within bounds of size and time.

TLS on a socket that never waits, https://docs.python.org/3/library/ssl.html#ssl-nonblocking: the
transports of asyncio and uvloop keep 256 KiB of each client, and end none before its handshake.
"""

import inspect
import socket
import ssl
from asyncio import AbstractEventLoop
from collections.abc import Callable, Generator
from contextlib import suppress
from enum import Enum, auto
from typing import ParamSpec, TypeVar

from initsync.words.wording import bug
from injector.server.clients import Clients, Phase
from injector.webhook.answer import JSON, wire
from injector.webhook.app import App
from injector.webhook.head import END, LIMIT, Head, parse
from injector.webhook.review import BadReview

_DROPPED = 64 * 1024  # bytes at a time, of what comes after the last answer


class Wait(Enum):
    """What a connection waits for: that it can go on reading, or writing."""

    READ = auto()
    WRITE = auto()


Given = ParamSpec("Given")
Result = TypeVar("Result")
Steps = Generator[Wait, None, Result]
Wrap = Callable[[socket.socket], ssl.SSLSocket]


class Connection:
    """One connection from accept to its end; `wrap` takes a socket into TLS without a handshake."""

    def __init__(
        self, sock: socket.socket, wrap: Wrap, app: App, clients: Clients, loop: AbstractEventLoop
    ) -> None:
        sock.setblocking(False)
        self._sock, self._number = sock, sock.fileno()
        self._app, self._clients, self._loop = app, clients, loop
        self.reviewed = False
        """Whether it has ever asked for a review."""
        self._enter(Phase.OPENING)
        self._steps = self._run(wrap)
        self._waits: Wait | None = None
        clients.open.add(self)
        self._go_on()

    def _enter(self, phase: Phase, held: int = 0) -> None:
        self.phase, self.since = phase, self._clients.now()
        self.held = held
        """Bytes of a body that is not whole, or of an answer that is not taken."""

    def end(self, answer: BadReview | None = None) -> None:
        """End at once; a request whose body is being read gets `answer`."""
        told = answer if self.phase is Phase.ASKING else None
        if inspect.getgeneratorstate(self._steps) == inspect.GEN_RUNNING:
            raise told or ConnectionAbortedError  # it is the one that asks for room
        if self not in self._clients.open:
            return
        if told:
            return self._go_on(told)
        self._clients.open.discard(self)
        self._wait(None)
        self._steps.close()
        self._sock.close()

    def _go_on(self, problem: BadReview | None = None) -> None:
        """Do what can be done without waiting; first of all meet with `problem`."""
        try:
            self._wait(self._steps.throw(problem) if problem else next(self._steps))
        except (OSError, BadReview, StopIteration):  # it is gone, or without room, or all is said
            self.end()
        except Exception as error:
            self.end()
            self._app.log.line("error", bug(error))

    def _wait(self, wait: Wait | None) -> None:
        if wait is not self._waits:
            self._loop.remove_reader(self._number)
            self._loop.remove_writer(self._number)
            if wait:
                add = self._loop.add_reader if wait is Wait.READ else self._loop.add_writer
                add(self._number, self._go_on)
            self._waits = wait

    def _run(self, wrap: Wrap) -> Steps[None]:
        yield Wait.READ  # whoever says nothing costs no memory for TLS
        self._sock = self._tls = wrap(self._sock)
        try:
            yield from _done(self._tls.do_handshake)
            yield from self._talk()
            yield from self._leave()
        finally:
            with suppress(OSError, ValueError):  # else a goodbye, where that takes no waiting
                self._tls.unwrap()

    def _talk(self) -> Steps[None]:
        refusal = b""
        try:
            while (yield from self._exchange()):
                self._enter(Phase.IDLE)
                yield Wait.READ
        except BadReview as error:
            refusal = wire(self._app.refused(error), close=True)
        yield from self._say(refusal)  # not above: there the error keeps the body in memory

    def _exchange(self) -> Steps[bool]:
        """A request and its answer; whether there may be another one."""
        head, begun = yield from self._head()
        self._enter(Phase.ASKING)
        more = len(begun) > head.length  # API servers send the next one only after the answer
        body = self._body(begun[: head.length], head.length)
        data, last = self._answered(head, (yield from body), more)
        yield from self._say(data)
        return not last

    def _answered(self, head: Head, body: bytes | bytearray, more: bool) -> tuple[bytes, bool]:
        """The bytes of the answer, and whether it is the last one."""
        answer = self._app.answer(head, body)
        self.reviewed = self.reviewed or answer.kind == JSON
        last = more or self._app.draining or not head.stays
        return wire(answer, close=last, bodiless=head.method == b"HEAD"), last

    def _head(self) -> Steps[tuple[Head, bytes]]:
        """A whole one, and what came with it."""
        come = b""
        while END not in come:
            if len(come) >= LIMIT:
                raise BadReview(431, f"the request's head is larger than {LIMIT} bytes")
            come += yield from _some(self._tls.recv, LIMIT - len(come))
            if self.phase is Phase.IDLE:
                self._enter(Phase.OPENING)
        head, _, begun = come.partition(END)
        return parse(head + END), begun

    def _body(self, begun: bytes, length: int) -> Steps[bytes | bytearray]:
        if len(begun) == length:
            return begun
        self._enter(Phase.ASKING, length)
        self._clients.make_room()
        body = bytearray(length)
        body[: len(begun)] = begun
        room = memoryview(body)[len(begun) :]
        while room:
            room = room[(yield from _some(self._tls.recv_into, room)) :]
        return body

    def _say(self, data: bytes) -> Steps[None]:
        left = memoryview(data)
        while left:
            try:
                left = left[self._tls.send(left) :]
            except ssl.SSLWantWriteError:
                if self.phase is not Phase.TAKING:
                    self._enter(Phase.TAKING, len(data))
                    self._clients.make_room()
                yield Wait.WRITE

    def _leave(self) -> Steps[None]:
        """Drop what still comes: a socket closed before it is read takes back our last answer."""
        self._enter(Phase.LEAVING)
        with suppress(ssl.SSLError):  # there is no goodbye of the client's yet
            self._tls.unwrap()
        self._tls.shutdown(socket.SHUT_WR)  # after which it reads without TLS
        while True:
            yield from _some(self._tls.recv, _DROPPED)
            yield Wait.READ


def _some(do: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Steps[Result]:
    """What it reads, once that is something; ConnectionAbortedError: nothing more comes."""
    found = yield from _done(do, *given, **named)
    if not found:
        raise ConnectionAbortedError
    return found


def _done(do: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Steps[Result]:
    """`do`, as soon as that takes no waiting."""
    while True:
        try:
            return do(*given, **named)
        except ssl.SSLWantWriteError:
            yield Wait.WRITE
        except (ssl.SSLWantReadError, BlockingIOError):
            yield Wait.READ
