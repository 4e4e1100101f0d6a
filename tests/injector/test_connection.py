"""One connection, its bytes and its clock: what it answers, and when it is ended."""

import asyncio
import io
import time
from unittest import mock

import pytest

from injector import body, connection
from injector.app import App
from injector.connection import Connection, Shared
from injector.logs import Log
from injector.metrics import Metrics
from injector.settings import Settings

GET = b"GET /healthz HTTP/1.1\r\n\r\n"
POST = b"POST /mutate HTTP/1.1\r\ncontent-type: application/json\r\n"


class Transport(asyncio.Transport):
    """What is written, and how it ended."""

    def __init__(self) -> None:
        self.written = b""
        self.ended = ""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.ended = self.ended or "closed"

    def abort(self) -> None:
        self.ended = "aborted"


@pytest.fixture
def shared() -> Shared:
    return Shared(App(Settings("i"), lambda: "", Log(io.StringIO()), Metrics(lambda: (0.0, 0.0))))


def opened(shared: Shared) -> tuple[Connection, Transport]:
    made, transport = Connection(shared), Transport()
    made.connection_made(transport)
    return made, transport


def status(transport: Transport) -> int:
    """Of the last answer."""
    return int(transport.written.rpartition(b"HTTP/1.1 ")[2][:3])


def in_flight(shared: Shared) -> float:
    lines = shared.app.metrics.page().decode().splitlines()
    return next(
        float(line.split()[1])
        for line in lines
        if line.startswith("jasm_injector_requests_in_flight ")
    )


def test_a_request_is_answered_however_it_is_cut(shared: Shared) -> None:
    made, transport = opened(shared)

    for byte in POST + b"content-length: 1\r\n\r\n{":
        assert transport.written == b""
        made.data_received(bytes([byte]))

    assert transport.written.startswith(b"HTTP/1.1 400 Bad Request\r\ndate: ")
    assert transport.written.endswith(b"\r\n\r\nthe body is not JSON")


def test_requests_that_come_at_once_are_answered_in_order(shared: Shared) -> None:
    made, transport = opened(shared)

    made.data_received(GET + GET.replace(b"healthz", b"other") + GET)

    assert [part[:3] for part in transport.written.split(b"HTTP/1.1 ")] == [
        b"",
        b"200",
        b"404",
        b"200",
    ]
    assert transport.ended == ""


@pytest.mark.parametrize(
    "request_",
    [
        GET.replace(b"1.1", b"1.0"),
        GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"),
        b"GET /healthz HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\nPRI",
    ],
)
def test_a_last_request_is_answered_and_its_connection_ended(
    shared: Shared, request_: bytes
) -> None:
    made, transport = opened(shared)

    made.data_received(request_)
    made.data_received(GET)

    assert transport.written.count(b"HTTP/1.1 ") == 1
    assert (status(transport), transport.ended) == (200, "closed")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"\x16\x03\x01\x02\x00", 400),
        (b"GET /" + b"x" * connection.HEAD, 431),
        (b"GET / HTTP/1.1\r\nx: " + b"x" * connection.HEAD, 431),
        (POST + b"content-length: 9999999\r\n\r\n{", 413),
        (POST + b"content-length: 99999999999999999999999\r\n\r\n{", 400),
        (POST + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused_once_and_ended(
    shared: Shared, sent: bytes, answered: int
) -> None:
    made, transport = opened(shared)

    made.data_received(sent)
    made.data_received(GET)

    assert status(transport) == answered
    assert transport.written.count(b"HTTP/1.1 ") == 1
    assert b"connection: close\r\n" in transport.written
    assert (transport.ended, in_flight(shared), shared.bodies.held) == ("closed", 0, 0)


def test_a_chunked_body_is_a_body(shared: Shared) -> None:
    made, transport = opened(shared)

    made.data_received(POST + b"transfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n")

    assert transport.written.endswith(b"the body is JSON, but no AdmissionReview")


def test_endless_chunks_are_refused(shared: Shared) -> None:
    made, transport = opened(shared)
    made.data_received(POST + b"transfer-encoding: chunked\r\n\r\n")

    while not transport.ended:
        made.data_received(b"100000\r\n" + b" " * 0x100000 + b"\r\n")

    assert status(transport) == 413
    assert shared.bodies.held == 0


def test_a_client_may_ask_before_it_sends_a_body(shared: Shared) -> None:
    made, transport = opened(shared)

    made.data_received(POST + b"expect: 100-continue\r\ncontent-length: 2\r\n\r\n")
    assert transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"

    made.data_received(b"[]")
    assert status(transport) == 400


def test_head_has_no_body(shared: Shared) -> None:
    made, transport = opened(shared)

    made.data_received(GET.replace(b"GET", b"HEAD"))

    assert b"content-length: 2\r\n" in transport.written
    assert transport.written.endswith(b"\r\n\r\n")


def test_many_large_bodies_at_a_time_are_put_off(shared: Shared) -> None:
    length = b"content-length: %d\r\n\r\n" % body.LIMIT
    pairs = [opened(shared) for _ in range(5)]

    for made, _ in pairs:
        made.data_received(POST + length + b" " * (body.LIMIT - 1))

    assert [transport.written[9:12] for _, transport in pairs] == [b"", b"", b"", b"", b"503"]
    assert b"retry-after: 1\r\n" in pairs[-1][1].written
    for made, _ in pairs:
        made.connection_lost(None)
    assert (shared.bodies.held, in_flight(shared), shared.open) == (0, 0, set())


@pytest.mark.parametrize(
    ("sent", "seconds", "answered"),
    [
        (b"", connection.SILENT, b""),
        (GET + GET[:-1], connection.SILENT, b"HTTP/1.1 200"),
        (GET, connection.KEEP_ALIVE, b"HTTP/1.1 200"),
        (POST + b"content-length: 9\r\n\r\n", body.SECONDS, b"HTTP/1.1 408"),
    ],
)
def test_a_client_that_does_not_go_on_is_ended(
    shared: Shared, sent: bytes, seconds: float, answered: bytes
) -> None:
    made, transport = opened(shared)
    made.data_received(sent)
    now = time.monotonic()

    made.check(now + seconds - 1)
    assert transport.ended == ""

    made.check(now + seconds + 1)
    assert transport.ended == "closed"
    assert transport.written.startswith(answered)

    made.check(now + seconds + 60)
    assert transport.ended == "aborted"


def test_one_connection_too_many_is_ended_at_once(shared: Shared) -> None:
    with mock.patch.object(connection, "MOST", 2):
        transports = [opened(shared)[1] for _ in range(3)]

    assert [transport.ended for transport in transports] == ["", "", "aborted"]


def test_a_client_that_asks_on_and_takes_no_answer_is_ended(shared: Shared) -> None:
    made, transport = opened(shared)

    made.data_received(GET)
    made.pause_writing()
    made.resume_writing()
    made.data_received(GET)
    assert transport.ended == ""

    made.pause_writing()
    made.data_received(GET)
    assert transport.ended == "aborted"
    assert transport.written.count(b"HTTP/1.1 ") == 2


def test_the_drain_leaves_a_request_that_has_begun_its_answer(shared: Shared) -> None:
    (idle, silent), (busy, asking) = opened(shared), opened(shared)
    busy.data_received(POST + b"content-length: 2\r\n\r\n[")

    shared.app.draining = True
    idle.drain()
    busy.drain()
    assert (silent.ended, asking.ended) == ("closed", "")

    busy.data_received(b"]")
    assert (status(asking), asking.ended) == (400, "closed")


def test_a_bug_anywhere_is_an_answer_and_tells_nothing(shared: Shared) -> None:
    made, transport = opened(shared)

    with mock.patch.object(shared.app, "_answer", side_effect=KeyError("pl4nted")):
        made.data_received(GET)

    assert status(transport) == 500
    assert b"pl4nted" not in transport.written
    counted = b'jasm_injector_requests_refused_total{status="500"} 1.0'
    assert counted in shared.app.metrics.page(), "the alert of errors sees it"
