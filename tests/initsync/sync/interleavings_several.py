"""Pods that write two Secrets each, and pods whose Secret has two sources, step by step.

As `interleavings`: every fetch is newer than all before it from that source, what is stored must
never fall, and must end as the newest value that anybody fetched (D4, D31, D36).
"""

import base64
import random
from collections.abc import Mapping, Sequence
from functools import partial

from initsync.sync import several
from initsync.sync.report import Reports
from initsync.words.model import JsonObject, PodRef, SyncRequest, Target
from initsync.words.outcome import Outcome
from tests.initsync.sync.interleavings import (
    NAMESPACE,
    Source,
    Store,
    Turns,
    Writer,
    synced,
    together,
)

PATHS = ("one", "two")


def writer(
    taker: str,
    store: Store,
    sources: Mapping[str, Source],
    turns: Turns,
    history: list[dict[str, int]],
) -> Writer:
    """One pod's sync of one Secret, whose key of each source has its number."""
    return Writer(
        taker,
        store,
        lambda path: {path: str(sources[path].next())},
        turns,
        lambda written: history.append(values(written)),
    )


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

        own = {
            name: writer(taker, stores[name][ref], sources[name], turns, histories[name])
            for name, taker in takers.items()
        }

        def work(target: Target) -> Outcome:
            return synced(target, own[target.secret_name])

        return several.sync(wanted, work, {}, lambda _: own[first])

    pods = {"a": {first: "a", second: "b"}, "c": {first: "c", second: "d"}}
    reports = together([partial(pod, ref, pods[ref]) for ref in pods], order)

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
        return synced(target, writer(ref, stores[ref], sources, turns, history))

    together([partial(pod, ref) for ref in sorted(set(order))], order)

    _check(history, sources, stores["a"].read_secret(name), order)


def _entry(path: str, name: str, pod: str) -> SyncRequest:
    return SyncRequest("counter", path, name, PodRef(NAMESPACE, pod, "u"))


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
