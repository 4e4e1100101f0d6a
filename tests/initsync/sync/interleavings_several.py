"""Pods that write two Secrets each, and pods whose Secret has two sources, step by step.

As `interleavings`: every fetch is newer than all before it from that source, what is stored must
never fall, and must end as the newest value that anybody fetched (D4, D31, D36).
"""

import base64
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from initsync.sync import several
from initsync.sync.report import Reports
from initsync.sync.retry import Retry
from initsync.sync.settings import Settings
from initsync.sync.upsert import sync
from initsync.words.model import ExternalSecret, JsonObject, PodRef, SyncRequest, Target
from initsync.words.outcome import Outcome
from tests.initsync.sync.interleavings import DEADLINE, NAMESPACE, Source, Store, Turns

PATHS = ("one", "two")
T = TypeVar("T")


class Writer:
    """One pod's sync of one Secret: its cluster and provider, each step in turn."""

    name = "counter"

    def __init__(
        self,
        taker: str,
        store: Store,
        sources: Mapping[str, Source],
        turns: Turns,
        history: list[dict[str, int]],
    ) -> None:
        self._who, self._store, self._sources, self._turns = taker, store, sources, turns
        self._history = history

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        with self._turns.step(self._who):
            return ExternalSecret({path: str(self._sources[path].next())}, path, self.name)

    def whoami(self, path: str) -> str:
        raise AssertionError("a sync asks for no name")

    def read_secret(self, name: str) -> JsonObject | None:
        with self._turns.step(self._who):
            return self._store.read_secret(name)

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        with self._turns.step(self._who):
            written = self._store.apply_secret(manifest)
            self._history.append(values(written))
            return written

    def replace_secret(self, manifest: JsonObject) -> JsonObject:
        raise AssertionError("there is room")

    def remove(self, patch: JsonObject) -> None:
        raise AssertionError("nobody else owns a key")


def values(stored: JsonObject) -> dict[str, int]:
    """By source the number."""
    return {key: int(base64.b64decode(it)) for key, it in stored["data"].items()}


def orders(takers: str, steps: int, count: int, seed: int = 17) -> list[tuple[str, ...]]:
    """That many different orders in which the takers' steps can come, always the same ones."""
    chance, found = random.Random(seed), dict[tuple[str, ...], None]()
    every = list(takers) * steps
    while len(found) < count:
        chance.shuffle(every)
        found[tuple(every)] = None
    return list(found)


Stores = Mapping[str, Mapping[str, Store]]
"""By Secret, by pod: its way to the Secret."""


def assert_newest_wins_in_two_secrets(order: Sequence[str], stores: Stores) -> None:
    """Pods `a` and `c` write both Secrets, at once: `a` and `b` are the first pod's steps."""
    turns = Turns(order)
    sources = {name: {"one": Source()} for name in stores}
    histories: dict[str, list[dict[str, int]]] = {name: [] for name in stores}
    first, second = stores

    def pod(ref: str, takers: Mapping[str, str]) -> Reports:
        wanted = [Target((_entry("one", name, ref),)) for name in stores]

        def synced(target: Target) -> Outcome:
            name = target.secret_name
            store = stores[name][ref]
            writer = Writer(takers[name], store, sources[name], turns, histories[name])
            return _sync(target, writer)

        return several.sync(wanted, synced, {})

    pods = {"a": {first: "a", second: "b"}, "c": {first: "c", second: "d"}}
    reports = _together({ref: partial(pod, ref, pods[ref]) for ref in pods})

    assert [report.warning for of in reports for report in of] == [False, False], order
    for name, history in histories.items():
        _check(history, sources[name], stores[name]["a"].read_secret(name), order)


def assert_newest_wins_of_two_sources(
    order: Sequence[str], name: str, stores: Mapping[str, Store]
) -> None:
    """Each pod's Secret is from both sources."""
    turns = Turns(order)
    sources = {path: Source() for path in PATHS}
    history: list[dict[str, int]] = []

    def pod(ref: str) -> Outcome:
        target = Target(tuple(_entry(path, name, ref) for path in PATHS))
        return _sync(target, Writer(ref, stores[ref], sources, turns, history))

    _together({ref: partial(pod, ref) for ref in sorted(set(order))})

    _check(history, sources, stores["a"].read_secret(name), order)


def _entry(path: str, name: str, pod: str) -> SyncRequest:
    return SyncRequest("counter", path, name, PodRef(NAMESPACE, pod, "u"))


def _sync(target: Target, writer: Writer) -> Outcome:
    retry = Retry(lambda: 0.0, lambda _: None, lambda: 0.0, 60.0, lambda _: None)
    return sync(target, lambda _: writer, writer, retry, lambda: 0.0, Settings(settle=0))


def _together(pods: Mapping[str, Callable[[], T]]) -> list[T]:
    """What each returns, run at once."""
    found: list[T] = []
    failures: list[BaseException] = []

    def work(pod: Callable[[], T]) -> None:
        try:
            found.append(pod())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(pod,)) for pod in pods.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert failures == []
    return found


def _check(
    history: Sequence[Mapping[str, int]],
    sources: Mapping[str, Source],
    stored: JsonObject | None,
    order: Sequence[str],
) -> None:
    assert stored is not None
    newest = {path: source.newest for path, source in sources.items()}
    assert values(stored) == newest == history[-1], order
    for path in sources:
        written = [of[path] for of in history]
        assert written == sorted(written), order
