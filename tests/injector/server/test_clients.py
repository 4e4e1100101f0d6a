"""Many connections: how many there may be, what they may hold, and who ends for whom."""

import tracemalloc
from collections.abc import Iterator
from unittest import mock

import pytest

from injector.server import clients
from injector.server.clients import PATIENCE, TOGETHER, Phase
from injector.webhook import head
from tests.injector.running import JSON, review
from tests.injector.server.wires import Client, Place

GET = b"GET /healthz HTTP/1.1\r\n\r\n"
READY = b"GET /readyz HTTP/1.1\r\n\r\n"
POST = b"POST /mutate HTTP/1.1\r\ncontent-type: %s\r\n" % JSON["content-type"].encode()
HALF = POST + b"content-length: 9\r\n\r\n"
LARGE = POST + b"content-length: %d\r\n\r\n" % head.BODY
REVIEW = POST + b"content-length: %d\r\n\r\n" % len(review()) + review()


@pytest.fixture
def place() -> Iterator[Place]:
    with mock.patch.object(clients, "MOST", 4):
        yield Place()


def come(place: Place, *sent: bytes) -> Client:
    """One more, as the server lets it in; a second after the one before."""
    place.clock += 1
    assert place.clients.has_place()
    client = place.client()
    client.send(*sent)
    return client


def ended(place: Place, *who: Client) -> list[int]:
    """Which of these ends when one more comes."""
    place.clock += PATIENCE
    come(place, GET)
    return [number for number, client in enumerate(who) if client.ended]


@pytest.mark.threat("Somebody reaches the webhook's port")
def test_at_the_limit_the_one_that_was_idle_for_longest_ends_and_not_the_new_one(
    place: Place,
) -> None:
    idle = [come(place, GET) for _ in range(4)]
    place.clock += 1
    idle[0].send(GET)

    assert ended(place, *idle) == [1]
    assert ended(place, *idle) == [1, 2]


def test_those_that_never_asked_for_a_review_end_before_those_that_did(place: Place) -> None:
    """API servers keep idle connections, and do not repeat a POST that meets a closed one."""
    asked, probed = come(place, REVIEW), come(place, GET)
    silent, half = come(place), come(place, HALF)
    assert asked.statuses == [200]

    assert ended(place, asked, probed, silent, half) == [2]
    assert ended(place, asked, probed, silent, half) == [1, 2]
    assert ended(place, asked, probed, silent, half) == [1, 2]  # but a newcomer of before


@pytest.mark.threat("Somebody reaches the webhook's port")
def test_one_in_flight_ends_only_where_all_are_and_api_servers_ask_it_again(place: Place) -> None:
    busy = [come(place, HALF) for _ in range(4)]

    assert ended(place, *busy) == [0]

    assert (busy[0].statuses, busy[0].ended) == ([503], "left")
    assert b"retry-after: 1\r\n" in busy[0].wire.written


def test_a_burst_waits_and_ends_nobody(place: Place) -> None:
    burst = [come(place, HALF) for _ in range(4)]
    place.clock = burst[0].connection.since + PATIENCE / 2

    assert not place.clients.has_place()
    assert [client.ended for client in burst] == ["", "", "", ""]

    burst[2].send(b"         ", b"")
    assert place.clients.has_place()


@pytest.mark.threat("Somebody reaches the webhook's port")
@pytest.mark.parametrize("asked", [GET, REVIEW], ids=["any", "reviews"])
def test_those_that_ask_all_the_time_keep_no_newcomer_out(place: Place, asked: bytes) -> None:
    """256 that asked three times a second did, for good, at a tenth of the core: probes, too."""
    asking = [come(place, asked) for _ in range(4)]

    def ask() -> bool:
        place.clock += PATIENCE / 10
        for client in asking:
            client.send(asked)
        return place.clients.has_place()

    assert any(ask() for _ in range(12))
    assert [client.ended for client in asking].count("closed") == 1


def test_many_large_bodies_at_a_time_are_put_off_the_oldest_first() -> None:
    place = Place()
    large = [place.client() for _ in range(TOGETHER // head.BODY + 1)]

    for client in large:
        place.clock += 1
        client.send(LARGE + b" ")
        assert place.clients.held() <= TOGETHER

    assert [client.statuses for client in large] == [[503], [], [], [], []]
    assert b"retry-after: 1\r\n" in large[0].wire.written
    for client in large:
        client.send(ConnectionResetError())
    assert (place.clients.held(), place.clients.in_flight()) == (0, 0)
    assert place.clients.open == set()


@pytest.mark.parametrize("sent", [b" ", b" " * head.BODY], ids=["put off", "answered"])
def test_a_body_is_gone_from_memory_while_its_answer_is_not_taken(sent: bytes) -> None:
    place = Place()
    client = place.client()
    client.wire.room = 0
    tracemalloc.start()
    client.send(LARGE, sent)
    place.clock += 1
    others = [place.client() for _ in range(TOGETHER // head.BODY)]
    for other in others:
        other.send(LARGE)
    for other in others:
        other.send(ConnectionResetError())
    now, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (client.connection.phase, client.statuses) == (Phase.TAKING, [])
    assert now < head.BODY // 10


def test_no_number_of_large_bodies_keeps_a_small_one_out() -> None:
    place = Place()
    small = place.client()
    small.send(POST + b"content-length: %d\r\n\r\n" % (TOGETHER // clients.MOST) + b" ")

    for _ in range(20):
        place.client().send(LARGE + b" ")
        late = place.client()
        late.send(POST + b"content-length: %d\r\n\r\n" % (TOGETHER // clients.MOST) + b" ")
        assert late.connection.phase is Phase.ASKING

    assert small.connection.phase is Phase.ASKING


def test_a_newcomer_that_holds_most_is_put_off_itself() -> None:
    place = Place()
    size = head.BODY // 2
    others = [place.client() for _ in range(TOGETHER // size)]
    for client in others:
        client.send(POST + b"content-length: %d\r\n\r\n" % size)

    large = place.client()
    large.send(LARGE)

    assert (large.statuses, large.ended) == ([503], "left")
    assert {client.connection.phase for client in others} == {Phase.ASKING}


def test_answers_that_are_not_taken_count_and_end_by_themselves() -> None:
    place = Place()
    answer = b"x" * 1024 * 1024
    with mock.patch.object(place.app.metrics, "page", return_value=answer):
        for _ in range(40):
            client = place.client()
            client.wire.room = 0
            client.send(b"GET /metrics HTTP/1.1\r\n\r\n")
            assert place.clients.held() <= TOGETHER

    assert place.clients.in_flight() == TOGETHER // len(answer) - 1  # each has its head as well


@pytest.mark.threat("Somebody reaches the webhook's port")
def test_readiness_fails_while_no_review_can_be_taken(place: Place) -> None:
    client, held = place.client(), place.client()
    client.send(READY)

    held.connection.held = TOGETHER + 1
    client.send(READY)
    held.connection.held = 0
    client.send(READY)

    assert client.statuses == [200, 503, 200]
    assert b"requests hold all the memory that they may" in client.wire.written
