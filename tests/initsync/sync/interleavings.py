"""Two and three writers on one Secret, in every order of their steps.

Each writer is the product's own `sync`. Every fetch gives a newer value than all before it, so
"newer" is a number: what is stored must never fall, and must end as the newest value that anybody
fetched (D4).
"""

import base64
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from initsync.sync.retry import Retry
from initsync.sync.settings import SyncSettings
from initsync.sync.upsert import sync
from initsync.words import keys
from initsync.words.model import ExternalSecret, JsonObject, PodRef, SyncRequest, Target
from initsync.words.outcome import Outcome

STEPS = 3  # read, fetch, write
DEADLINE = 30.0
NAMESPACE = "races"
T = TypeVar("T")


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
    """One pod: `sync`'s cluster and provider, each step in turn.

    `fetched` gives what is at a path now; `keep` is told of each Secret that was stored.
    """

    name = "counter"

    def __init__(
        self,
        name: str,
        store: Store,
        fetched: Callable[[str], dict[str, str]],
        turns: Turns,
        keep: Callable[[JsonObject], None],
    ) -> None:
        self._who, self._store, self._fetched, self._turns = name, store, fetched, turns
        self._keep = keep

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        with self._turns.step(self._who):
            return ExternalSecret(self._fetched(path), path, self.name)

    def whoami(self, path: str) -> str:
        raise AssertionError("a sync asks for no name")

    def read_secret(self, name: str) -> JsonObject | None:
        with self._turns.step(self._who):
            return self._store.read_secret(name)

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        with self._turns.step(self._who):
            written = self._store.apply_secret(manifest)
            self._keep(written)
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

    def work(writer: str) -> None:
        request = SyncRequest("counter", "p", name, PodRef(NAMESPACE, writer, "u"))
        mine = Writer(
            writer,
            stores[writer],
            lambda _: {"value": str(source.next())},
            turns,
            lambda written: history.append(value(written)),
        )
        synced(Target((request,)), mine)

    together([partial(work, writer) for writer in sorted(set(order))], case)


def synced(target: Target, writer: Writer) -> Outcome:
    """What the sync of a writer did, which never waits for time to pass."""
    retry = Retry(lambda: 0.0, lambda _: None, lambda: 0.0, 60.0, lambda _: None)
    return sync(
        target, lambda _: writer, writer, retry, lambda: 0.0, SyncSettings(propagation_delay=0)
    )


def together(pods: Sequence[Callable[[], T]], case: object) -> list[T]:
    """What each returns, all run at once; `case` is told where one fails."""
    found: list[T] = []
    failures: list[BaseException] = []

    def work(pod: Callable[[], T]) -> None:
        try:
            found.append(pod())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(pod,)) for pod in pods]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert failures == [], case
    return found
