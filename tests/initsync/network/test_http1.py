"""HTTP/1.1 as bytes: however they are cut on the way, the message is the same."""

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.network import http1
from initsync.network.http1 import BadResponse, Reader


def feed(*parts: bytes) -> Callable[[], bytes]:
    left = iter(parts)
    return lambda: next(left, b"")


def read(*parts: bytes) -> tuple[int, bytes, bool]:
    response, reusable = Reader(feed(*parts)).response()
    return response.status, response.body, reusable


def test_a_request_has_a_length_and_ends_its_head() -> None:
    raw = http1.request("POST", "/a?b=c", {"host": "h", "accept": "*/*"}, b"{}")

    assert raw == b"POST /a?b=c HTTP/1.1\r\nhost: h\r\naccept: */*\r\ncontent-length: 2\r\n\r\n{}"


@pytest.mark.parametrize("cut", [1, 7, 65_536])
@pytest.mark.parametrize(
    "framing",
    [
        b"content-length: 1001\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n3E9\r\n",
        b"transfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 1000 + b"1\r\n",
        b"\r\n",
    ],
    ids=["by length", "in a chunk", "in small chunks", "to the end"],
)
def test_a_body_over_its_limit_is_refused(framing: bytes, cut: int) -> None:
    raw = b"HTTP/1.1 200 OK\r\n" + framing + b"x" * 1001
    parts = [raw[start : start + cut] for start in range(0, len(raw), cut)]

    with pytest.raises(BadResponse, match="the answer is larger than 1000 bytes"):
        Reader(feed(*parts), 1000).response()


def test_parts_are_at_least_the_values_of_the_body() -> None:
    body = b'{"a": [1, {"b": ","}], "c": {}}'

    assert http1.Response(200, {}, body).parts == 7


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/a\r\nx: y", {}),
        ("/", {"authorization": "Bearer a\nb"}),
        ("/", {"a\r\nb": "c"}),
        ("/", {"authorization": "Bearer a\rb"}),
    ],
)
def test_a_line_break_never_becomes_a_header(target: str, headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="line break"):
        http1.request("GET", target, headers, b"")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", (200, b"hi", True)),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", (200, b"", True)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"", True)),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", (200, b"hi", True)),
        (
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
            (200, b"hi", False),
        ),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", (200, b"hi", False)),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", (200, b"to the end", False)),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\nhi\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
            (200, b"hi0123456789", True),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx-trailer: 1\r\n\r\n",
            (200, b"", True),
        ),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
            (403, b"", True),
        ),
    ],
)
@given(cuts=st.lists(st.integers(0, 120)))
def test_an_answer_is_read_however_it_is_cut(
    raw: bytes, expected: tuple[int, bytes, bool], cuts: list[int]
) -> None:
    edges = [0, *sorted(cut for cut in set(cuts) if 0 < cut < len(raw)), len(raw)]
    parts = [raw[start:end] for start, end in pairwise(edges)]

    assert read(*parts) == expected


def test_two_answers_in_one_piece_are_two_answers() -> None:
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
    reader = Reader(feed(one + b"a" + one + b"b"))

    assert [reader.response()[0].body, reader.response()[0].body] == [b"a", b"b"]


def test_header_names_are_in_lower_case_and_values_trimmed() -> None:
    response, _ = Reader(feed(b"HTTP/1.1 204 x\r\nRetry-After:  7 \r\n\r\n")).response()

    assert response.headers == {"retry-after": "7"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\xff\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(BadResponse):
        read(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_refused(raw: bytes) -> None:
    with suppress(BadResponse):
        assert read(b"HTTP/1.1 200 OK\r\n" + raw)[0] == 200
