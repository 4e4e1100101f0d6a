"""An answer, and its bytes in HTTP/1.1: head and body at once, for one TLS record and one send."""

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """The answer to one HTTP request."""

    status: int
    body: bytes
    kind: str = TEXT
    retry: bool = False
    """API servers come back after a second (F13)."""


def wire(answer: Answer, *, close: bool, bodiless: bool = False) -> bytes:
    """All of it. `close`: the last one on its connection; `bodiless`: to HEAD."""
    head = (
        f"{_status(answer.status)}date: {_date(int(time.time()))}\r\n"
        f"content-type: {answer.kind}\r\ncontent-length: {len(answer.body)}\r\n"
        f"{_RETRY if answer.retry else ''}{_CLOSE if close else ''}\r\n"
    )
    return head.encode() if bodiless else head.encode() + answer.body


_RETRY = "retry-after: 1\r\n"
_CLOSE = "connection: close\r\n"


@lru_cache
def _status(status: int) -> str:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
