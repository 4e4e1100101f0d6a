"""Two and three writers on one Secret, in every order of their steps.

Each writer is the product's own `sync`. Every fetch gives a newer value than all before it, so
"newer" is a number: what is stored must never fall, and must end as the newest value that anybody
fetched (D4).
"""

import base64
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from initsync.sync.retry import Retry
from initsync.sync.settings import Settings
from initsync.sync.upsert import sync
from initsync.words import keys
from initsync.words.model import ExternalSecret, JsonObject, PodRef, SyncRequest, Target

STEPS = 3  # read, fetch, write
DEADLINE = 30.0
NAMESPACE = "races"


class Store(Protocol):
    """Of Secrets, as far as a writer uses it."""

    def read_secret(self, name: str) -> JsonObject | None: ...

    def apply_secret(self, manifest: JsonObject) -> JsonObject: ...


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
    """One pod: `sync`'s cluster and provider, each step in turn. `history`: what was stored."""

    name = "counter"

    def __init__(
        self, name: str, store: Store, source: Source, turns: Turns, history: list[int]
    ) -> None:
        self._who, self._store, self._source, self._turns = name, store, source, turns
        self._history = history

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        with self._turns.step(self._who):
            return ExternalSecret({"value": str(self._source.next())}, path, self.name)

    def whoami(self, path: str) -> str:
        raise AssertionError("a sync asks for no name")

    def read_secret(self, name: str) -> JsonObject | None:
        with self._turns.step(self._who):
            return self._store.read_secret(name)

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        with self._turns.step(self._who):
            written = self._store.apply_secret(manifest)
            self._history.append(value(written))
            return written

    def replace_secret(self, manifest: JsonObject) -> JsonObject:
        raise AssertionError("there is room")

    def remove(self, patch: JsonObject) -> None:
        raise AssertionError("nobody else owns a key")


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


def assert_newest_wins(case: Case, name: str, stores: Mapping[str, Store]) -> None:
    """Run the case on a Secret of that name; `stores` has each writer's way to it."""
    source = Source()
    history: list[int] = []
    if case.existing:
        source.next()
        _run(case, ("a",) * STEPS, name, source, stores, history)

    _run(case, case.order, name, source, stores, history)

    stored = stores["a"].read_secret(name)
    assert stored is not None
    assert value(stored) == source.newest == history[-1], case
    assert history == sorted(history), case
    assert stored["metadata"]["labels"][keys.PROVIDER] == "counter"


def _run(
    case: Case,
    order: Sequence[str],
    name: str,
    source: Source,
    stores: Mapping[str, Store],
    history: list[int],
) -> None:
    turns = Turns(order)
    failures: list[BaseException] = []

    def work(writer: str) -> None:
        request = SyncRequest("counter", "p", name, PodRef(NAMESPACE, writer, "u"))
        mine = Writer(writer, stores[writer], source, turns, history)
        retry = Retry(lambda: 0.0, lambda _: None, lambda: 0.0, 60.0, lambda _: None)
        try:
            sync(Target((request,)), lambda _: mine, mine, retry, lambda: 0.0, Settings(settle=0))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in sorted(set(order))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert failures == [], case
