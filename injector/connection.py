"""One client's connection: requests in, answers out, within bounds of size and time.

An answer is made while the request's last bytes are handled, so nothing waits and order is kept.
"""

import asyncio
import time
from functools import lru_cache
from urllib.parse import unquote

import httptools

from injector import body
from injector.answer import Answer, wire
from injector.app import App, Request
from injector.body import Bodies, Body
from injector.review import BadReview

# API servers keep idle connections for 90 s and do not repeat a POST that meets a closed one
# (client-go transport, notes 1.4): let them be the ones who close.
KEEP_ALIVE = 120.0
SILENT = 10.0  # seconds without a whole request head
MOST = 1000  # connections, of some 50 KB each; an API server keeps 25 idle ones at most
HEAD = 64 * 1024  # bytes of a request before its body
_WHOLE = 2 * body.LIMIT  # bytes of a request, with the frames of chunks
_ENDING = 10.0  # seconds for the last answer to be taken

_FINAL = (400, 408, 413, 431, 503)
"""After these the client's next bytes are not looked at."""


class Shared:
    """What all connections of a process have in common."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.bodies = Bodies()
        self.open: set[Connection] = set()


class Connection(asyncio.Protocol):
    """The methods are called by asyncio, and those named `on_…` by the parser."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._app = shared, shared.app
        self._parser = httptools.HttpRequestParser(self)
        self._body: Body | None = None
        """Of a request whose head is whole; None between requests."""
        self._seen = 0
        """Bytes since the last answer."""
        self._over = self._full = False
        """Whether the last answer was given; whether answers are not taken."""
        self._due = time.monotonic() + SILENT
        """When the client must have gone on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a server's are
        """Wait for a request, but not for ever."""
        self._transport = transport
        self._shared.open.add(self)
        if len(self._shared.open) > MOST:
            transport.abort()

    def connection_lost(self, _: Exception | None) -> None:
        """Forget it, and what had come of a request."""
        self._shared.open.discard(self)
        self._forget()
        del self._parser  # which holds our methods, so us: no garbage collection is needed

    def pause_writing(self) -> None:
        """Answers are not taken: see `on_message_complete`."""
        self._full = True

    def resume_writing(self) -> None:
        """They are again."""
        self._full = False

    def data_received(self, data: bytes) -> None:
        """Some bytes of requests."""
        if self._over:
            return
        self._seen += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._finish()  # what follows is no HTTP; the request itself was answered
        except httptools.HttpParserError:
            self._refuse(BadReview(400, "this is not HTTP/1.1"))
        if self._seen > (HEAD if self._body is None else _WHOLE) and not self._over:
            self._refuse(BadReview(431, "the request's head is too large"))

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._url, self._headers = b"", dict[bytes, bytes]()
        self._due = time.monotonic() + SILENT

    def on_url(self, part: bytes) -> None:
        """A part of it."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole one."""
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """The request counts as begun."""
        if self._over:
            return
        self._body = Body(self._shared.bodies)
        self._app.metrics.began()
        self._due = time.monotonic() + body.SECONDS
        if int(self._headers.get(b"content-length", b"0")) > body.LIMIT:
            self._refuse(body.too_large())
        elif self._headers.get(b"expect", b"").lower() == b"100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, part: bytes) -> None:
        """A part of it."""
        if self._body is None:
            return
        try:
            self._body.add(part)
        except BadReview as error:
            self._refuse(error)

    def on_message_complete(self) -> None:
        """Answer; but not a client that asks on and takes no answers."""
        if self._full:
            self._transport.abort()
        elif self._body is not None:
            self._seen = 0
            try:
                self._answer(self._app.answer(self._request(self._body.take())))
            except BadReview as error:
                self._refuse(error)

    def _request(self, whole: bytes) -> Request:
        kind = self._headers.get(b"content-type", b"").decode("latin-1")
        return Request(self._parser.get_method(), _path(self._url), kind, whole)

    def _refuse(self, error: BadReview) -> None:
        self._answer(self._app.refused(error))

    def _answer(self, answer: Answer) -> None:
        final = self._app.draining or answer.status in _FINAL
        last = final or not self._parser.should_keep_alive()
        bodiless = self._parser.get_method() == b"HEAD"
        self._transport.write(wire(answer, close=last, bodiless=bodiless))
        self._forget()
        self._due = time.monotonic() + KEEP_ALIVE
        if last:
            self._finish()

    def _forget(self) -> None:
        """The request, answered or not."""
        if self._body is not None:
            self._body.drop()
            self._body = None
            self._app.metrics.ended()

    def check(self, now: float) -> None:
        """End it where the client did not go on in time."""
        if now < self._due:
            return
        if self._over:
            self._transport.abort()
        elif self._body is None:
            self._finish()
        else:
            self._refuse(body.too_slow())

    def drain(self) -> None:
        """End it, after the answer to the request that has begun."""
        if self._body is None:
            self._finish()

    def _finish(self) -> None:
        self._over, self._due = True, time.monotonic() + _ENDING
        self._transport.close()


@lru_cache(maxsize=16)
def _path(url: bytes) -> str:
    try:
        return unquote(httptools.parse_url(url).path.decode("ascii"))
    except (httptools.HttpParserInvalidURLError, AttributeError, UnicodeError):
        return ""
