"""Connections under whatever arrives, however cut, with pauses and resets: nothing stays held."""

import random
from unittest import mock

import pytest

from injector.server import clients
from injector.server.clients import Phase
from injector.webhook import head
from tests.full import times
from tests.injector.server.wires import END, Client, Place

INPUTS = times("INPUTS", full=100_000, usual=40_000)
PARTS = 8
"""Of the inputs, so that several processes may share them."""
AT_ONCE = 12
"""Connections of one injector, which may have fewer."""
MOST, TOGETHER = 8, 64 * 1024
ENDS: list[bytes | OSError] = [END, ConnectionResetError(), TimeoutError()]
GET = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /mutate HTTP/1.1\r\ncontent-type: application/json\r\n"


def posted(size: int) -> bytes:
    return POST + b"content-length: %d\r\n\r\n" % size + b" " * size


GOOD = [
    (GET, 200),
    (GET.replace(b"healthz", b"readyz"), 200),
    (GET.replace(b"healthz", b"metrics"), 200),
    (GET.replace(b"healthz", b"nothing"), 404),
    (GET.replace(b"GET", b"HEAD"), 200),
    (posted(0), 400),
    (posted(1), 400),
    (posted(3000), 400),
]
BAD = [
    b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    POST + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx: y\r\n\r\n",
    POST + b"expect: 100-continue\r\ncontent-length: 2\r\n\r\n{}",
    POST + b"content-length: 99999999\r\n\r\n{",
    POST + b"content-length: 7\r\ncontent-length: 8\r\n\r\n{",
    posted(20_000),
    posted(60_000) + GET,
    GET + GET,
    GET + posted(40_000) + POST,
    b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (head.HEADERS + 1) + b"\r\n",
    b"GET /" + b"x" * head.LIMIT,
    b"\r\n" * 5,
]


def cut(chance: random.Random, whole: bytes) -> list[bytes]:
    """In records of any size, but never empty ones: these are the end."""
    places = sorted(chance.sample(range(1, len(whole)), min(chance.randrange(4), len(whole) - 1)))
    return [whole[a:b] for a, b in zip([0, *places], [*places, len(whole)], strict=True)]


def good(chance: random.Random, client: Client) -> None:
    """What API servers, kubelets and Prometheus do: each request is answered, in order."""
    expected = []
    for _ in range(chance.randrange(1, 4)):
        request, status = chance.choice(GOOD)
        for part in cut(chance, request):
            client.wire.room = chance.choice([0, 1, 100, 1 << 30])
            client.send(part)
        client.take()
        expected.append(status)
    assert client.statuses == expected
    assert (client.connection.phase, client.connection.held) == (Phase.IDLE, 0)


def bad(chance: random.Random, client: Client) -> None:
    """Anything, a client that takes little, and an end at any time."""
    client.wire.room = chance.choice([0, 0, 1, 50, 200, 1 << 30])
    whole = chance.choice([chance.choice(BAD), chance.choice(GOOD)[0], chance.randbytes(40)])
    if chance.random() < 0.3:
        place = chance.randrange(len(whole))
        whole = whole[:place] + chance.randbytes(2) + whole[place + chance.randrange(3) :]
    for part in cut(chance, whole)[: chance.randrange(1, 6)]:
        client.send(part)
        if chance.random() < 0.2:
            client.take(chance.choice([1, 100, 1 << 30]))
    if chance.random() < 0.5:
        client.send(chance.choice(ENDS))


def some(chance: random.Random) -> None:
    """The life of one injector: more connections than it has places, and the clock goes on."""
    place = Place()
    every = []
    for _ in range(AT_ONCE):
        place.clock += chance.choice([0.0, 0.5, 2.0, 6.0])
        if chance.random() < 0.2:
            place.clients.check()
        if chance.random() < 0.02:
            place.app.draining = True
            place.clients.drain()
        if not place.clients.has_place():
            place.clock += clients.PATIENCE
            assert place.clients.has_place()
        every.append(place.client())
        bad(chance, every[-1])
        if every[:-1] and chance.random() < 0.5:
            chance.choice(every).send(chance.choice(GOOD)[0])
        assert place.clients.held() <= TOGETHER
        assert len(place.clients.open) <= MOST + 1
    _end(chance, place, every)
    if not place.app.draining:
        good(chance, place.client())


def _end(chance: random.Random, place: Place, every: list[Client]) -> None:
    for client in every:
        if chance.random() < 0.3:
            client.take()
        else:
            client.send(chance.choice(ENDS))
    for _ in Phase:
        place.clock += max(clients.SECONDS.values()) + 1
        place.clients.check()
    assert (place.clients.held(), place.clients.in_flight()) == (0, 0)
    assert (place.clients.open, place.loop.readers, place.loop.writers) == (set(), {}, {})
    assert all(client.wire.closed for client in every)
    assert "internal error" not in place.log.getvalue()


@pytest.mark.threat("Somebody reaches the webhook's port")
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_comes_and_however_it_ends_nothing_is_held(part: int) -> None:
    chance = random.Random(part)
    with mock.patch.multiple(clients, MOST=MOST, TOGETHER=TOGETHER):
        for _ in range(INPUTS // PARTS // (AT_ONCE + 1) + 1):
            some(chance)
