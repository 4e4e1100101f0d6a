"""A standby that lags behind: its old answer is never written over a newer one (D38)."""

import itertools
from functools import partial
from typing import Any

import pytest

from initsync.sync import laggard, secret
from initsync.sync.retry import RETRIES, Retry
from initsync.sync.settings import SyncSettings
from initsync.sync.upsert import sync
from initsync.words import keys
from initsync.words.errors import ProviderUnavailable
from initsync.words.model import (
    ExternalSecret,
    JsonObject,
    PodRef,
    Selection,
    SyncPolicy,
    SyncRequest,
    Target,
    targets,
)
from initsync.words.outcome import Outcome
from initsync.words.times import timestamp
from tests.initsync.sync import interleavings
from tests.initsync.sync.one_secret import Cluster

POD = PodRef("shop", "web-1", "0b2a")
ENTRY = SyncRequest("vault", "kv/db", "db", POD)
NOON = 1_764_590_400.0


def stored(version: str = "7", at: float = NOON, *entries: SyncRequest) -> JsonObject:
    (target,) = targets(entries or (ENTRY,))
    return secret.secret(target, {"a": "pl4nted"}, version, None, at, SyncSettings())


def answer(version: str, made: float, path: str = "kv/db") -> ExternalSecret:
    return ExternalSecret({"a": version}, path, "vault", version, made=timestamp(made))


def refused(
    found: ExternalSecret, have: JsonObject, entry: SyncRequest = ENTRY, now: float = NOON + 600
) -> str:
    try:
        laggard.refuse(found, entry, have, now)
    except ProviderUnavailable as error:
        return error.detail
    return ""


@pytest.mark.parametrize("made", [0, NOON - 3600, NOON, NOON + 1, NOON + 59])
def test_a_lower_version_that_was_made_before_the_secret_was_written_is_refused(
    made: float,
) -> None:
    said = refused(answer("6", made), stored())

    assert said.startswith("it gave version 6 of kv/db, and Secret db has version 7 already")
    assert said.endswith("delete Secret db, or wait an hour")


@pytest.mark.parametrize(
    ("found", "have"),
    [
        (answer("7", NOON - 60), stored()),
        (answer("10", NOON - 60), stored("9")),
        (answer("8", NOON + 5), stored()),
        (answer("1", NOON + 300), stored()),  # deleted with all its versions, and made anew
        (answer("6", NOON), stored("")),
        (answer("6", NOON), stored("5f2e1c09")),
        (answer("", NOON), stored()),
        (answer("²", NOON), stored()),
        (answer("6", NOON), stored("7", NOON + 86_400)),  # a time that is yet to come says nothing
        (answer("6", NOON - 7200), stored("7", NOON - 3001)),  # no standby lags for an hour
        (answer("6", NOON), stored("7", NOON, ENTRY._replace(secret_path="kv/other"))),
        (answer("6", NOON), stored("7", NOON, ENTRY._replace(provider="aws"))),
    ],
)
def test_any_other_is_written(found: ExternalSecret, have: JsonObject) -> None:
    assert refused(found, have) == ""


def test_a_secret_without_a_time_says_nothing() -> None:
    have = stored()
    del have["metadata"]["annotations"][keys.SYNCED_AT]

    assert refused(answer("6", NOON), have) == ""


def test_an_entry_that_names_its_version_wants_that_one() -> None:
    pinned = ENTRY._replace(selection=Selection(version="6"))

    assert refused(answer("6", NOON - 60), stored(), pinned) == ""


def test_of_several_sources_each_has_its_own_version() -> None:
    other = ENTRY._replace(secret_path="kv/a")
    have = stored("3\n7", NOON, ENTRY, other)

    assert refused(answer("6", NOON - 60), have) != ""
    assert refused(answer("6", NOON - 60, "kv/a"), have, other) == ""
    assert refused(answer("2", NOON - 60, "kv/a"), have, other) != ""


class Standbys:
    """A provider whose answers are given, the last one again and again."""

    name = "vault"

    def __init__(self, *answers: ExternalSecret) -> None:
        self.answers = list(answers)
        self.fetches = 0

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        self.fetches += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def whoami(self, path: str) -> str:
        raise AssertionError("a sync asks for no name")


def run(cluster: Cluster, provider: Standbys, policy: SyncPolicy) -> Outcome:
    retry = Retry(lambda: 0.0, lambda _: None, lambda: 0.5, 60.0, lambda _: None)
    target = Target((ENTRY._replace(policy=policy),))
    return sync(
        target,
        lambda _: provider,
        cluster,
        retry,
        lambda: NOON + 60,
        SyncSettings(propagation_delay=0),
    )


def held(cluster: Cluster) -> Any:
    assert cluster.stored
    return cluster.stored["metadata"]["annotations"][keys.VERSION]


def test_it_is_asked_again_until_it_is_not_behind() -> None:
    cluster = Cluster()
    cluster.store(stored("7"))
    provider = Standbys(answer("6", NOON), answer("6", NOON), answer("8", NOON + 30))

    assert run(cluster, provider, SyncPolicy()).action == "updated"
    assert (provider.fetches, held(cluster)) == (3, "8")


def test_one_that_stays_behind_leaves_the_secret_as_it_is() -> None:
    cluster = Cluster()
    cluster.store(stored("7"))
    provider = Standbys(answer("6", NOON))

    outcome = run(cluster, provider, SyncPolicy())

    assert outcome.action == "stale"
    assert "has version 7 already" in outcome.note
    assert (provider.fetches, held(cluster)) == (1 + RETRIES, "7")
    with pytest.raises(ProviderUnavailable, match="has version 7 already"):
        run(cluster, provider, SyncPolicy("strict"))


class Behind(interleavings.Writer):
    """A pod whose first answers are a standby's: of some versions before."""

    lag = 0
    behind = 3

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        with self._turns.step(self._who):
            number = int(self._fetched(path)["value"]) - self.behind * (self.lag > 0)
            self.lag -= 1
            data, made = {"value": str(number)}, timestamp(NOON + number)
            return ExternalSecret(data, path, self.name, str(number), made=made)


@pytest.mark.parametrize("lags", list(itertools.product((0, 1, 2), repeat=2)))
def test_in_every_order_of_two_pods_no_older_value_is_written(lags: tuple[int, int]) -> None:
    for order in interleavings.orders("ab"):
        history = interleaved(order, dict(zip("ab", lags, strict=True)))

        assert history == sorted(history), order


def interleaved(order: tuple[str, ...], lags: dict[str, int]) -> list[int]:
    """The values that are stored, one after the other."""
    source, cluster, history = interleavings.Source(), Cluster(), list[int]()
    source.newest = 5
    turns = interleavings.Turns(order)

    def work(name: str) -> None:
        fetched = lambda _: {"value": str(source.next())}  # noqa: E731
        keep = lambda written: history.append(interleavings.value(written))  # noqa: E731
        pod = Behind(name, cluster, fetched, turns, keep)
        pod.lag = lags[name]
        request = SyncRequest(pod.name, "p", "db", PodRef("races", name, "u"))
        retry = Retry(lambda: 0.0, lambda _: None, lambda: 0.0, 60.0, lambda _: None)
        now = lambda: NOON  # noqa: E731
        sync(Target((request,)), lambda _: pod, pod, retry, now, SyncSettings(propagation_delay=0))

    interleavings.together([partial(work, name) for name in "ab"], order)
    return history
