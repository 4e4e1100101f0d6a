"""One connection, its bytes and its clock: what it answers, and when it is ended."""

from unittest import mock

import pytest

from injector.server.clients import SECONDS, Phase
from injector.webhook import head
from tests.injector.server.wires import END, Place

GET = b"GET /healthz HTTP/1.1\r\n\r\n"
POST = b"POST /mutate HTTP/1.1\r\ncontent-type: application/json\r\n"
LARGE = POST + b"content-length: %d\r\n\r\n" % head.BODY


@pytest.fixture
def place() -> Place:
    return Place()


def later(place: Place, seconds: float) -> None:
    """What is done from time to time, so much later."""
    place.clock += seconds
    place.clients.check()


def test_a_request_is_answered_however_it_is_cut(place: Place) -> None:
    client = place.client()

    for byte in POST + b"content-length: 1\r\n\r\n{":
        assert client.wire.written == b""
        client.send(bytes([byte]))

    assert client.wire.written.startswith(b"HTTP/1.1 400 Bad Request\r\ndate: ")
    assert client.wire.written.endswith(b"\r\n\r\nthe body is not JSON")
    assert client.ended == ""


def test_a_connection_carries_one_request_after_the_other(place: Place) -> None:
    client = place.client()

    client.send(GET, GET.replace(b"healthz", b"other"), GET)

    assert client.statuses == [200, 404, 200]
    assert client.ended == ""


@pytest.mark.parametrize(
    "request_",
    [
        GET.replace(b"1.1", b"1.0"),
        GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"),
        GET + GET,  # API servers send the next one only after the answer
        GET + b"x",
    ],
)
def test_a_last_request_is_answered_and_its_connection_ended(place: Place, request_: bytes) -> None:
    client = place.client()

    client.send(request_, GET)

    assert (client.statuses, client.ended) == ([200], "left")
    assert b"connection: close\r\n" in client.wire.written


def test_the_offer_of_another_protocol_is_not_taken(place: Place) -> None:
    client = place.client()

    client.send(GET.replace(b"\r\n\r\n", b"\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"), GET)

    assert client.statuses == [200, 200]


@pytest.mark.threat("Somebody reaches the webhook's port")
@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"GET /" + b"x" * head.LIMIT, 431),
        (b"GET / HTTP/1.1\r\nx: " + b"x" * head.LIMIT, 431),
        (b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * (head.HEADERS + 1) + b"\r\n", 431),
        (POST + b"content-length: 7340033\r\n\r\n{", 413),
        (POST + b"content-length: 99999999999999999999999\r\n\r\n{", 400),
        (POST + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (POST + b"transfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", 411),
        (POST + b"transfer-encoding: chunked\r\ntrailer: x\r\n\r\n0\r\nx: y\r\n\r\n", 411),
        (POST + b"expect: 100-continue\r\ncontent-length: 2\r\n\r\n", 417),
        (b"GET /metrics HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
    ],
)
def test_what_no_api_server_sends_is_refused_once_and_ended(
    place: Place, sent: bytes, answered: int
) -> None:
    client = place.client()

    client.send(sent, GET)

    assert (client.statuses, client.ended) == ([answered], "left")
    assert b"connection: close\r\n" in client.wire.written
    assert (place.clients.in_flight(), place.clients.held()) == (0, 0)


def test_as_many_headers_as_there_may_be_are_taken(place: Place) -> None:
    client = place.client()

    client.send(b"GET /healthz HTTP/1.1\r\n" + b"x: y\r\n" * head.HEADERS + b"\r\n")

    assert client.statuses == [200]


def test_what_comes_after_the_last_answer_is_dropped_until_the_client_ends(place: Place) -> None:
    client = place.client()

    client.send(POST + b"content-length: 7340033\r\n\r\n", b" " * head.BODY, b" ")
    assert (client.statuses, client.ended) == ([413], "left")

    client.send(END)
    assert (client.ended, place.clients.open) == ("closed", set())


def test_head_has_no_body(place: Place) -> None:
    client = place.client()

    client.send(GET.replace(b"GET", b"HEAD"))

    assert b"content-length: 2\r\n" in client.wire.written
    assert client.wire.written.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("sent", "phase", "answered"),
    [
        ([], Phase.OPENING, []),
        ([GET, GET[:-1]], Phase.OPENING, [200]),
        ([GET], Phase.IDLE, [200]),
        ([POST + b"content-length: 9\r\n\r\n"], Phase.ASKING, [408]),
    ],
)
def test_a_client_that_does_not_go_on_is_ended(
    place: Place, sent: list[bytes], phase: Phase, answered: list[int]
) -> None:
    client = place.client()
    client.send(*sent)
    assert client.connection.phase is phase

    later(place, SECONDS[phase] - 1)
    assert client.ended == ""

    later(place, 2)
    assert client.ended == ("left" if answered == [408] else "closed")
    assert client.statuses == answered

    later(place, SECONDS[Phase.LEAVING] + 1)
    assert (client.ended, place.clients.open) == ("closed", set())


def test_whoever_takes_no_answer_is_not_read_from_and_ended_in_time(place: Place) -> None:
    client = place.client()
    client.wire.room = 10

    client.send(GET, GET)
    assert (len(client.wire.written), len(client.wire.come)) == (10, 1)
    assert place.clients.in_flight() == 1

    later(place, SECONDS[Phase.TAKING] - 1)
    client.take(20)
    later(place, 2)  # some bytes now and then do not count
    assert (client.ended, place.clients.in_flight(), place.clients.held()) == ("closed", 0, 0)


def test_whoever_takes_it_late_gets_all_of_it_and_the_next(place: Place) -> None:
    client = place.client()
    client.wire.room = 10
    client.send(GET, GET)

    client.take()

    assert client.statuses == [200, 200]
    assert (client.connection.phase, place.clients.held()) == (Phase.IDLE, 0)


@pytest.mark.threat("Somebody reaches the webhook's port")
def test_no_five_connections_stop_reviews_for_the_life_of_the_process(place: Place) -> None:
    """A client that takes no answers, a large body, the head of another request behind it."""
    for _ in range(5):
        client = place.client()
        client.wire.room = 10
        client.send(GET)
        client.send(POST + b"content-length: 7000000\r\n\r\n" + b" " * 6_999_999)
        client.send(b" " + POST + b"content-length: 9\r\n\r\n")
        client.take(0)
        client.send(ConnectionResetError())
        client.take()

    assert (place.clients.in_flight(), place.clients.held()) == (0, 0)
    other = place.client()
    other.send(POST + b"content-length: 2\r\n\r\n", b"[]", GET.replace(b"healthz", b"readyz"))
    assert other.statuses == [400, 200]


def test_the_drain_leaves_a_request_that_has_begun_its_answer(place: Place) -> None:
    idle, busy = place.client(), place.client()
    idle.send(GET)
    busy.send(POST + b"content-length: 2\r\n\r\n[")

    place.app.draining = True
    place.clients.drain()
    assert (idle.ended, busy.ended) == ("closed", "")

    busy.send(b"]")
    assert (busy.statuses, busy.ended) == ([400], "left")
    assert b"connection: close\r\n" in busy.wire.written


def test_a_bug_in_a_review_is_an_answer_and_tells_nothing(place: Place) -> None:
    client = place.client()

    with mock.patch.object(place.app, "_answer", side_effect=KeyError("pl4nted")):
        client.send(GET)

    assert client.statuses == [500]
    assert b"pl4nted" not in client.wire.written
    counted = b'jasm_injector_requests_refused_total{status="500"} 1.0'
    assert counted in place.metrics.page(), "the alert of errors sees it"


def test_a_bug_elsewhere_ends_one_connection_and_tells_where(place: Place) -> None:
    client = place.client()

    with mock.patch.object(place.app, "answer", side_effect=KeyError("pl4nted")):
        client.send(GET)

    assert (client.ended, place.clients.open) == ("closed", set())
    assert "internal error (KeyError in " in place.log.getvalue()
    assert "pl4nted" not in place.log.getvalue()
