"""Two and three writers on one Secret, in every order of their steps, on the real API server.

Each writer is the product's own `sync` with its own client. Every fetch gives a newer value than
all before it, so "newer" is a number: what is stored must never fall, and must end as the newest
value that anybody fetched (D4).
"""

import base64
import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from initsync.kube import access as clusterauth
from initsync.kube.cluster import Cluster
from initsync.network.transport import Network
from initsync.network.trust import trusting
from initsync.sync.retry import Retry
from initsync.sync.settings import Settings
from initsync.sync.upsert import sync
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from initsync.words.model import ExternalSecret, JsonObject, PodRef, SyncRequest

STEPS = 3  # read, fetch, write
DEADLINE = 30.0


class Turns:
    """Lets writers take their steps in a given order; what goes beyond it comes after it."""

    def __init__(self, order: Sequence[str]) -> None:
        self._order = list(order)
        self._free = threading.Condition()

    @contextmanager
    def step(self, writer: str) -> Iterator[None]:
        """One step, alone."""
        with self._free:
            mine = lambda: not self._order or self._order[0] == writer  # noqa: E731
            assert self._free.wait_for(mine, DEADLINE), f"{writer} waits for {self._order}"
            yield
            if self._order:
                self._order.pop(0)
            self._free.notify_all()


class Source:
    """A provider whose value is a counter: each fetch is newer than all before."""

    name = "counter"

    def __init__(self) -> None:
        self.newest = 0

    def next(self) -> int:
        self.newest += 1
        return self.newest


class Writer:
    """One pod: `sync`'s cluster and provider, each step in turn."""

    name = "counter"

    def __init__(self, name: str, cluster: Cluster, source: Source, turns: Turns) -> None:
        self._who, self._cluster, self._source, self._turns = name, cluster, source, turns
        self.stored: list[int] = []

    def fetch(self, path: str) -> ExternalSecret:
        with self._turns.step(self._who):
            return ExternalSecret({"value": str(self._source.next())}, path, self.name)

    def whoami(self, path: str) -> str:
        raise AssertionError("a sync asks for no name")

    def read_secret(self, name: str) -> JsonObject | None:
        with self._turns.step(self._who):
            return self._cluster.read_secret(name)

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        with self._turns.step(self._who):
            written = self._cluster.apply_secret(manifest)
            HISTORY[manifest["metadata"]["name"]].append(value(written))
            return written

    def replace_secret(self, manifest: JsonObject) -> JsonObject:
        raise AssertionError("there is room")

    def remove(self, patch: JsonObject) -> None:
        raise AssertionError("nobody else owns a key")


HISTORY: dict[str, list[int]] = {}


def value(stored: JsonObject) -> int:
    return int(base64.b64decode(stored["data"]["value"]))


class Case(NamedTuple):
    """An order of the writers' steps, and whether the Secret is there before."""

    order: tuple[str, ...]
    existing: bool


def orders(writers: str) -> Iterator[tuple[str, ...]]:
    """Every order in which the steps of these writers can come, each writer's own in sequence."""
    left = Counter(dict.fromkeys(writers, STEPS))

    def extend(so_far: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if len(so_far) == STEPS * len(writers):
            yield so_far
        for writer in writers:
            if left[writer]:
                left[writer] -= 1
                yield from extend((*so_far, writer))
                left[writer] += 1

    return extend(())


def cases() -> list[Case]:
    """All orders of two writers twice, all of three on a missing Secret, 280 on an existing."""
    two, three = list(orders("ab")), list(orders("abc"))
    some = random.Random(4).sample(three, 280)
    return [
        *(Case(order, existing) for order in two for existing in (False, True)),
        *(Case(order, False) for order in three),
        *(Case(order, True) for order in some),
    ]


CASES = cases()
CHUNK = 100


def test_there_are_two_thousand_different_interleavings() -> None:
    assert len(set(CASES)) == len(CASES) == 40 + 1680 + 280


@pytest.fixture(scope="module")
def clusters(real_api: ControlPlane) -> Iterator[dict[str, Cluster]]:
    """A client of its own for each writer."""
    real_api.create_namespace("races")
    network = Network({}, lambda: 60.0, lambda _: None)
    tls = trusting(real_api.ca_file)
    made = {}
    for writer in "abc":
        access = clusterauth.Access(
            real_api.url, lambda: tls, lambda: f"Bearer {real_api.admin_token}"
        )
        made[writer] = Cluster(access.api(network), "races")
    yield made
    network.close()


@pytest.mark.parametrize("chunk", range(len(CASES) // CHUNK))
def test_the_newest_value_wins_and_none_is_ever_reverted(
    clusters: dict[str, Cluster], chunk: int
) -> None:
    for number, case in enumerate(CASES[chunk * CHUNK : (chunk + 1) * CHUNK]):
        name = f"s-{chunk}-{number}"
        source = Source()
        history = HISTORY[name] = []
        if case.existing:
            source.next()
            _run(case, name, source, clusters, before=True)

        _run(case, name, source, clusters)

        stored = clusters["a"].read_secret(name)
        assert stored is not None
        assert value(stored) == source.newest == history[-1], case
        assert history == sorted(history), case
        assert stored["metadata"]["labels"][keys.PROVIDER] == "counter"


def _run(
    case: Case, name: str, source: Source, clusters: dict[str, Cluster], *, before: bool = False
) -> None:
    order = ("a",) * STEPS if before else case.order
    turns = Turns(order)
    failures: list[BaseException] = []

    def work(writer: str) -> None:
        request = SyncRequest("counter", "p", name, PodRef("races", writer, "u"))
        mine = Writer(writer, clusters[writer], source, turns)
        retry = Retry(lambda: 0.0, lambda _: None, lambda: 0.0, 60.0, lambda _: None)
        try:
            sync(request, mine, mine, retry, lambda: 0.0, Settings(settle=0))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in sorted(set(order))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert failures == [], case


def test_orders_are_all_of_them() -> None:
    expected = set(itertools.permutations("aaabbb"))

    assert set(orders("ab")) == expected
