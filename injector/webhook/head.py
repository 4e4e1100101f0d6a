"""The head of a request: bytes in, what is asked out, within the bounds of what clients send.

API servers, kubelets and Prometheus are Go programs: a dozen headers, and of a body its length.
Chunks and trailers are not taken, for they make of few bytes many objects, of any number.
https://datatracker.ietf.org/doc/html/rfc9112
"""

from contextlib import suppress
from functools import lru_cache
from types import SimpleNamespace
from typing import NamedTuple

import httptools

from injector.webhook.review import BadReview

END = b"\r\n\r\n"
LIMIT = 16 * 1024  # bytes
HEADERS = 100
BODY = 7 * 1024 * 1024
"""Bytes of a body; an API server takes objects of 3 MiB, controller-runtime's webhooks 7 MiB."""


class Head(NamedTuple):
    """What the head of an HTTP request asks for."""

    method: bytes
    path: str
    kind: str
    """The body's content type, as it was written."""
    length: int
    """The length of the body, in bytes."""
    stays: bool
    """Whether the connection may be used again."""


@lru_cache(maxsize=256)  # an API server's differ by the body's length alone
def parse(head: bytes) -> Head:
    """One that ends with `END`. Raises BadReview."""
    if head.count(b"\r\n") > HEADERS + 2:
        raise BadReview(431, f"the request has more than {HEADERS} headers")
    urls, found, stays = list[bytes](), dict[bytes, bytes](), list[bool]()
    calls = SimpleNamespace(
        on_url=urls.append,
        on_header=lambda name, value: found.update({name.lower(): value}),
        on_headers_complete=lambda: stays.append(parser.should_keep_alive()),
    )
    parser: httptools.HttpRequestParser = httptools.HttpRequestParser(calls)
    try:
        with suppress(httptools.HttpParserUpgrade):  # to another protocol: an offer, and not taken
            parser.feed_data(head)
        path = urls[0].partition(b"?")[0].decode("latin-1")
    except (httptools.HttpParserError, IndexError):
        raise BadReview(400, "this is not HTTP/1.1") from None
    if b"transfer-encoding" in found:
        raise BadReview(411, "the body must come whole, with its content-length, not in chunks")
    if b"expect" in found:
        raise BadReview(417, "the body must come at once")
    if (length := int(found.get(b"content-length", b"0"))) > BODY:
        raise BadReview(413, f"the body is larger than {BODY} bytes")
    kind = found.get(b"content-type", b"").decode("latin-1")
    return Head(parser.get_method(), path, kind, length, stays[0])
