"""HTTP/1.1 messages as bytes, without a socket: one request out, one response in.

Written here because it is the pod path's largest single cost: `import http.client` (with the
whole of `email`) makes every pod start 14 to 20 ms of CPU dearer, a quarter of all imports
(Python 3.11). Grammar: https://www.rfc-editor.org/rfc/rfc9112
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from initsync import __version__
from initsync.words import keys

AGENT = f"{keys.CONTAINER}/{__version__}"
"""Who asks: some egress proxies refuse requests that do not say, and audit logs show it.
https://www.rfc-editor.org/rfc/rfc9110#name-user-agent"""
HEAD_LIMIT = 65_536
"""Bytes of a status line with its headers; http.client and Go have 64 KiB to 1 MiB."""
BODY_LIMIT = 8_388_608
"""Bytes of a body; a full Secret is 1.4 MB of base64, the API server's own limit 3 MiB."""

_NO_BODY = (204, 304)


class Response(NamedTuple):
    """An HTTP answer that was read to its end."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; of a repeated header the last."""
    body: bytes

    @property
    def parts(self) -> int:
        """Commas and brackets of the body: it holds no more JSON values than that, and one."""
        return sum(map(self.body.count, (b",", b"{", b"[")))

    def json_object(self, most: int) -> dict[str, Any] | None:
        """The body's JSON object; None of any other body, and of one of more than `most` parts."""
        if self.parts > most:
            return None
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    @property
    def retry_after(self) -> float | None:
        """Seconds that the host asks us to wait; its form as a date is not used by any here."""
        value = self.headers.get("retry-after", "")
        return float(value) if value.isascii() and value.isdigit() else None


def part(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object that a stranger's JSON has by a name; an empty one where it has another thing."""
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def text(answer: Mapping[str, Any], name: str) -> str:
    """Its text by a name; empty likewise."""
    found = answer.get(name)
    return found if isinstance(found, str) else ""


class BadResponse(Exception):
    """What came back is not HTTP, not whole, or too large; the text says which."""


def request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """The bytes of one request. Raises ValueError for a line break in the head, or no Latin-1."""
    lines = [
        f"{method} {target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    head = "\r\n".join(lines)
    if head.count("\n") != len(headers) or head.count("\r") != len(headers):
        raise ValueError("a line break inside a header would start another one")
    return f"{head}\r\ncontent-length: {len(body)}\r\n\r\n".encode("latin-1") + body


class Reader:
    """Cuts messages out of a byte stream; `receive` gives the next bytes, b"" at its end.

    A body of more than `limit` bytes is refused.
    """

    def __init__(self, receive: Callable[[], bytes], limit: int = BODY_LIMIT) -> None:
        self._receive = receive
        self._limit = limit
        self._buffer = bytearray()  # from whose start bytes are taken without moving the rest

    def response(self) -> tuple[Response, bool]:
        """The next final response, and whether the connection can carry another request.

        Raises BadResponse, and whatever `receive` raises.
        """
        status = 100
        while status < 200 and status != 101:
            status, headers, persistent = self._head()
        body, delimited = self._body(status, headers)
        closing = "close" in headers.get("connection", "").lower()
        return Response(status, headers, body), persistent and delimited and not closing

    def status(self) -> int:
        """The status of an answer that has a head only, as one to CONNECT."""
        return self._head()[0]

    def _head(self) -> tuple[int, dict[str, str], bool]:
        first, *lines = self._until(b"\r\n\r\n", HEAD_LIMIT).decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        code = rest[:3]
        if version not in ("HTTP/1.1", "HTTP/1.0") or not (code.isascii() and code.isdigit()):
            raise BadResponse("the answer is not HTTP/1.1")
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadResponse("a header of the answer has no colon")
            headers[name.lower()] = value.strip()
        return int(code), headers, version == "HTTP/1.1"

    def _body(self, status: int, headers: Mapping[str, str]) -> tuple[bytes, bool]:
        if status in _NO_BODY:
            return b"", True
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunks(), True
        length = headers.get("content-length")
        if length is None:
            return self._to_the_end(), False
        return self._exactly(self._allowed(_size(length, 10))), True

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := _size(
            self._until(b"\r\n", HEAD_LIMIT).partition(b";")[0].decode("latin-1"), 16
        ):
            self._allowed(len(body) + size)
            body += self._exactly(size)
            if self._exactly(2) != b"\r\n":
                raise BadResponse("a chunk of the answer has no end")
        while self._until(b"\r\n", HEAD_LIMIT):
            pass  # trailers: nothing here reads them
        return bytes(body)

    def _allowed(self, size: int) -> int:
        if size > self._limit:
            raise BadResponse(f"the answer is larger than {self._limit} bytes")
        return size

    def _until(self, mark: bytes, limit: int) -> bytes:
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > limit:
                raise BadResponse(f"the answer's head is larger than {limit} bytes")
            self._more()
        return self._taken(end, len(mark))

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        return self._taken(size)

    def _to_the_end(self) -> bytes:
        while True:
            self._allowed(len(self._buffer))
            if not (more := self._receive()):
                return self._taken(len(self._buffer))
            self._buffer += more

    def _taken(self, size: int, end: int = 0) -> bytes:
        """The next bytes; as many as `end` behind them are dropped."""
        with memoryview(self._buffer) as view:
            found = bytes(view[:size])
        del self._buffer[: size + end]
        return found

    def _more(self) -> None:
        more = self._receive()
        if not more:
            raise BadResponse("the connection was closed before the answer was whole")
        self._buffer += more


def _size(text: str, base: int) -> int:
    """A length by the grammar: digits only, where int() would take "+5", " 5" or "5_0" too."""
    digits = text.strip(" \t")
    if not digits.isascii() or not digits.isalnum() or len(digits) > 16:
        raise BadResponse("the answer states no usable length")
    try:
        return int(digits, base)
    except ValueError as error:
        raise BadResponse("the answer states no usable length") from error
