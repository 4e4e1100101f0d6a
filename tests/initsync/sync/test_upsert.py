"""The use-case, with a cluster of the test's own that can lose races on purpose."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from initsync.sync import secret
from initsync.sync.report import told
from initsync.sync.retry import Retry
from initsync.sync.settings import SyncSettings
from initsync.sync.upsert import MANY, ROUNDS, Secrets, sync
from initsync.words import keys
from initsync.words.errors import (
    ClusterConflict,
    ClusterTooLarge,
    InvalidSecretData,
    NotManaged,
    ProviderUnavailable,
    SecretNotFound,
)
from initsync.words.model import ExternalSecret, PodRef, SyncPolicy, SyncRequest, Target
from initsync.words.outcome import Outcome

REQUEST = SyncRequest("vault", "kv/db", "db", PodRef("shop", "web-1", "0b2a"))
TARGET = Target((REQUEST,))


class Cluster:
    """One Secret with a resource version, as F2 describes it; `before_apply` may interfere."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] | None = None
        self.version = 10
        self.calls: list[str] = []
        self.coowned: set[str] = set()
        self.before_apply: Callable[[], None] = lambda: None
        self.before_replace: Callable[[], None] = lambda: None

    def put(self, data: dict[str, str], path: str = "kv/db") -> None:
        target = Target((REQUEST._replace(secret_path=path),))
        self.store(secret.secret(target, data, "", None, 0, SyncSettings()))

    def store(self, manifest: dict[str, Any]) -> None:
        self.version += 1
        kept = dict.fromkeys(self.coowned, "b2xk")
        self.stored = copy.deepcopy(manifest)
        self.stored["data"] = kept | self.stored["data"]
        self.stored["metadata"]["resourceVersion"] = str(self.version)

    def read_secret(self, name: str) -> dict[str, Any] | None:
        assert name == "db"
        self.calls.append("read")
        return copy.deepcopy(self.stored)

    def apply_secret(self, manifest: dict[str, Any]) -> dict[str, Any]:
        self.calls.append("apply")
        self.before_apply()
        have = self.stored["metadata"]["resourceVersion"] if self.stored else "1"
        if manifest["metadata"]["resourceVersion"] != have and self.stored:
            raise ClusterConflict("apply Secret shop/db", "the object has been modified (409)")
        self.store(manifest)
        assert self.stored
        return copy.deepcopy(self.stored)

    def replace_secret(self, manifest: dict[str, Any]) -> dict[str, Any]:
        assert self.stored
        self.calls.append("replace")
        self.before_replace()
        if manifest["metadata"]["resourceVersion"] != self.stored["metadata"]["resourceVersion"]:
            raise ClusterConflict("patch", "the object has been modified (409)")
        self.coowned.clear()
        self.store(manifest)
        return copy.deepcopy(self.stored)

    def remove(self, patch: dict[str, Any]) -> None:
        assert self.stored
        assert patch["metadata"]["resourceVersion"] == self.stored["metadata"]["resourceVersion"]
        self.calls.append("remove " + ",".join(sorted(patch["data"])))
        for name in patch["data"]:
            del self.stored["data"][name]


class Provider:
    """Holds one value, which the test changes."""

    name = "vault"

    def __init__(self, **data: str) -> None:
        self.data = data
        self.down = False
        self.note = self.warning = ""
        self.fetches = 0

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        self.fetches += 1
        if self.down:
            raise ProviderUnavailable("AWS", "HTTP 503")
        if not self.data:
            raise SecretNotFound(self.name, path)
        return ExternalSecret(self.data, path, self.name, "", self.note, self.warning)

    def whoami(self, path: str) -> str:
        raise AssertionError("a sync asks for no name")


def run(
    cluster: Secrets,
    provider: Provider,
    slept: list[float] | None = None,
    path: str = "kv/db",
    policy: SyncPolicy = SyncPolicy(),  # noqa: B008  # immutable
    now: float = 0.0,
) -> Outcome:
    sleep = (slept if slept is not None else []).append
    retry = Retry(lambda: 0.0, sleep, lambda: 0.5, 60.0, lambda _: None)
    asked = Target((REQUEST._replace(secret_path=path, policy=policy),))
    outcome = sync(
        asked, lambda _: provider, cluster, retry, lambda: now, SyncSettings(propagation_delay=1.0)
    )
    entries = (entry._replace(policy=SyncPolicy()) for entry in outcome.target.entries)
    return outcome._replace(target=Target(tuple(entries)))


def test_a_missing_secret_is_created() -> None:
    cluster, slept = Cluster(), list[float]()

    outcome = run(cluster, Provider(a="1"), slept)

    assert outcome == Outcome("created", TARGET, ("a",))
    assert cluster.calls == ["read", "apply"]
    assert slept == []


@pytest.mark.parametrize("stored", [False, True])
def test_what_the_provider_says_beside_the_secret_is_told(stored: bool) -> None:
    cluster, provider = Cluster(), Provider(a="1")
    if stored:
        run(cluster, provider)
    provider.note, provider.warning = "answered by region eu-west-1", "it expired yesterday"

    outcome = run(cluster, provider)

    assert outcome.action == ("unchanged" if stored else "created")
    assert outcome.sentence.endswith("(answered by region eu-west-1; it expired yesterday)")
    assert (told(outcome).reason, told(outcome).warning) == ("ExternalSecretDoubtful", True)


def test_an_equal_secret_is_not_written() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})

    assert run(cluster, Provider(a="1")) == Outcome("unchanged", TARGET, ("a",))
    assert cluster.calls == ["read"]


def test_a_changed_secret_is_written_and_given_time_to_reach_the_kubelet() -> None:
    cluster, slept = Cluster(), list[float]()
    cluster.put({"a": "1"})

    assert run(cluster, Provider(a="2"), slept) == Outcome("updated", TARGET, ("a",))
    assert slept == [1.0]


def test_a_change_of_source_is_allowed_and_told() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"}, path="kv/old")

    outcome = run(cluster, Provider(a="1"))

    assert (outcome.action, outcome.before) == ("updated", "vault kv/old")
    assert outcome.sentence.endswith(" from vault kv/db (before: vault kv/old)")


LAST = "kubectl.kubernetes.io/last-applied-configuration"


@pytest.mark.parametrize(
    ("comes", "told"),
    [
        ({}, "taken over"),
        (
            {"ownerReferences": [{"kind": "ExternalSecret", "name": "db"}]},
            "taken over; it goes with ExternalSecret db (ownerReferences)",
        ),
        (
            {"annotations": {LAST: "pl4nted"}},
            f"taken over; its annotation {LAST} has what it held in plain text: remove that",
        ),
    ],
)
def test_what_comes_with_a_secret_that_was_handed_over_is_told(comes: Any, told: str) -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})
    assert cluster.stored
    annotations = {"jasm.codnod.io/adopt": "true"} | comes.get("annotations", {})
    cluster.stored["metadata"] |= comes | {"labels": {}, "annotations": annotations}

    outcome = run(cluster, Provider(a="2"))

    assert (outcome.action, outcome.note) == ("updated", told)
    assert "pl4nted" not in outcome.sentence


def test_keys_gone_at_the_source_are_removed_even_if_another_manager_owns_them_too() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})
    cluster.coowned = {"z", "y"}

    run(cluster, Provider(a="2"))

    assert cluster.calls == ["read", "apply", "remove y,z"]
    assert cluster.stored is not None
    assert list(cluster.stored["data"]) == ["a"]


def too_large() -> None:
    raise ClusterTooLarge("apply Secret shop/db", "Invalid at data (422)")


def test_where_there_is_no_room_for_ours_it_replaces_what_is_there() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})
    cluster.before_apply = too_large

    assert run(cluster, Provider(a="2")) == Outcome("updated", TARGET, ("a",))

    assert cluster.calls == ["read", "apply", "replace"]


def test_nothing_is_applied_to_thousands_of_keys() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})
    cluster.coowned = {str(number) for number in range(MANY + 1)}
    cluster.put({"a": "1"})

    run(cluster, Provider(a="2"))

    assert cluster.calls == ["read", "replace"]
    assert cluster.stored
    assert list(cluster.stored["data"]) == ["a"]


def test_a_race_lost_while_making_room_starts_again_from_reading_fetch_included() -> None:
    cluster, provider = Cluster(), Provider(a="old")
    cluster.put({"a": "1"})
    cluster.before_apply = too_large

    def rotate_and_win() -> None:
        cluster.before_apply = cluster.before_replace = lambda: None
        provider.data = {"a": "new"}
        cluster.put({"a": "newer than that"})

    cluster.before_replace = rotate_and_win

    assert run(cluster, provider).action == "updated"
    assert cluster.calls == ["read", "apply", "replace", "read", "apply"]
    assert provider.fetches == 2


def test_what_is_not_ours_to_remove_is_named_with_what_to_do() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})
    assert cluster.stored
    cluster.stored["metadata"]["annotations"] |= {"note": "x" * 300, "other": "é" * 100}
    cluster.before_apply = cluster.before_replace = too_large

    with pytest.raises(ClusterTooLarge) as caught:
        run(cluster, Provider(a="2"))

    said = "labels and annotations of others take 509 bytes, most by note, other: remove some of"
    assert said in str(caught.value)


def test_a_secret_that_is_too_large_by_itself_is_told() -> None:
    cluster = Cluster()
    cluster.before_apply = too_large

    with pytest.raises(ClusterTooLarge):
        run(cluster, Provider(a="2"))

    assert cluster.calls == ["read", "apply"]


def test_losing_a_race_starts_again_from_reading_fetch_included() -> None:
    cluster, provider = Cluster(), Provider(a="old")

    def rotate_and_win() -> None:
        cluster.before_apply = lambda: None
        provider.data = {"a": "new"}
        cluster.put({"a": "new"})

    cluster.before_apply = rotate_and_win

    slept: list[float] = []
    assert run(cluster, provider, slept).action == "unchanged"
    assert slept[-1] == 1.0, "the Secret is fresh: the kubelet's cache needs its time here too"
    assert cluster.calls == ["read", "apply", "read"]
    assert provider.fetches == 2


def test_a_race_lost_again_and_again_ends() -> None:
    cluster, counter = Cluster(), iter(range(100))
    cluster.before_apply = lambda: cluster.put({"a": str(next(counter))})

    with pytest.raises(ClusterConflict):
        run(cluster, Provider(a="mine"))

    assert cluster.calls == ["read", "apply"] * ROUNDS


def test_races_end_with_the_runs_deadline() -> None:
    cluster, slept = Cluster(), list[float]()
    cluster.before_apply = lambda: cluster.put({"a": str(len(slept))})
    retry = Retry(lambda: sum(slept), slept.append, lambda: 0.5, 2.0, lambda _: None)

    provider = Provider(a="mine")
    with pytest.raises(ClusterConflict):
        sync(
            TARGET,
            lambda _: provider,
            cluster,
            retry,
            lambda: 0.0,
            SyncSettings(propagation_delay=1.0),
        )

    assert sum(slept) <= 2.0


@pytest.mark.threat("An annotation is malicious")
def test_a_foreign_secret_costs_no_fetch_and_stays() -> None:
    cluster, provider = Cluster(), Provider(a="1")
    cluster.put({"a": "theirs"})
    assert cluster.stored
    cluster.stored["metadata"]["labels"] = {}

    with pytest.raises(NotManaged):
        run(cluster, provider)

    assert (cluster.calls, provider.fetches) == (["read"], 0)


def test_data_that_no_secret_can_hold_leaves_the_secret_as_it_was() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})

    with pytest.raises(InvalidSecretData, match="key 'a/b' must consist of"):
        run(cluster, Provider(**{"a/b": "pl4nted-value"}))

    assert cluster.calls == ["read"]


def test_a_failed_fetch_leaves_the_secret_as_it_was() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})

    with pytest.raises(SecretNotFound):
        run(cluster, Provider())

    assert cluster.calls == ["read"]


def down(**data: str) -> Provider:
    provider = Provider(**data)
    provider.down = True
    return provider


def test_while_the_provider_is_down_an_earlier_secret_will_do() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})

    outcome = run(cluster, down(), now=7265.0)

    assert (outcome.action, outcome.keys, cluster.calls) == ("stale", ("a",), ["read"])
    assert outcome.sentence.startswith(
        "Secret db was kept as it is with 1 key from vault kv/db (last written 2h 1m ago; "
        "AWS did not answer (6 attempts in 0.0 s): HTTP 503;"
    )


@pytest.mark.parametrize("path", [None, "kv/other"], ids=["none", "of another path"])
def test_without_an_earlier_secret_of_that_path_the_failure_stays(path: str | None) -> None:
    cluster = Cluster()
    if path:
        cluster.put({"a": "1"}, path=path)

    with pytest.raises(ProviderUnavailable):
        run(cluster, down())


def test_strict_takes_no_earlier_secret() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})

    with pytest.raises(ProviderUnavailable):
        run(cluster, down(), policy=SyncPolicy("strict"))


@pytest.mark.parametrize(("now", "kept"), [(60.0, True), (61.0, False)])
def test_max_stale_limits_what_is_kept_and_is_told(now: float, kept: bool) -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})

    if kept:
        assert run(cluster, down(), policy=SyncPolicy(max_stale=60.0), now=now).action == "stale"
    else:
        with pytest.raises(ProviderUnavailable, match="last written 1m 1s ago, over max-stale 1m"):
            run(cluster, down(), policy=SyncPolicy(max_stale=60.0), now=now)


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize("limit", [60.0, 3600.0])
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1970-01-01T00:01:00Z", True),  # the clock of another node
        ("1970-01-01T00:01:01Z", False),
        ("9999-12-31T23:59:59Z", False),
        ("9999-12-31T23:59:59-23:59", False),
        ("0001-01-01T00:00:00+23:59", False),
        ("tomorrow", False),
    ],
)
def test_max_stale_believes_no_date_that_is_yet_to_come(
    written: str, kept: bool, limit: float
) -> None:
    """The rule of max-age: a thief's value must not count as fresh for thousands of years."""
    cluster = Cluster()
    cluster.put({"a": "planted"})
    assert cluster.stored
    cluster.stored["metadata"]["annotations"][keys.SYNCED_AT] = written

    if kept:
        assert run(cluster, down(), policy=SyncPolicy(max_stale=limit)).action == "stale"
    else:
        with pytest.raises(ProviderUnavailable, match="over max-stale 1"):
            run(cluster, down(), policy=SyncPolicy(max_stale=limit))


def test_what_is_kept_from_a_time_to_come_is_not_called_fresh() -> None:
    cluster = Cluster()
    cluster.put({"a": "planted"})
    assert cluster.stored
    cluster.stored["metadata"]["annotations"][keys.SYNCED_AT] = "9999-01-01T00:00:00Z"

    assert "(last written at an unknown time; AWS did not" in run(cluster, down()).sentence


def test_a_definite_refusal_keeps_nothing() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})

    with pytest.raises(SecretNotFound):
        run(cluster, Provider())


@pytest.mark.parametrize(("now", "asked"), [(0.0, 0), (60.0, 0), (61.0, 1), (-60.0, 0), (-61.0, 1)])
def test_within_max_age_the_provider_is_not_asked(now: float, asked: int) -> None:
    cluster, provider = Cluster(), Provider(a="1")
    cluster.put({"a": "1"})

    outcome = run(cluster, provider, policy=SyncPolicy(max_age=60.0), now=now)

    assert provider.fetches == asked
    assert outcome.action == ("updated" if asked else "recent")


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize(("now", "asked"), [(-60.0, 0), (-61.0, 1)])
def test_a_secret_from_the_future_is_not_taken_for_longer_by_a_longer_max_age(
    now: float, asked: int
) -> None:
    """Clocks of two nodes differ by seconds; whoever writes more than that is up to something."""
    cluster, provider = Cluster(), Provider(a="1")
    cluster.put({"a": "1"})

    run(cluster, provider, policy=SyncPolicy(max_age=3600.0), now=now)

    assert provider.fetches == asked


def test_a_rollout_under_max_age_asks_once() -> None:
    cluster, provider = Cluster(), Provider(a="1")
    cluster.put({"a": "1"})

    actions = [
        run(cluster, provider, policy=SyncPolicy(max_age=60.0), now=3600.0 + pod).action
        for pod in range(5)
    ]

    assert actions == ["updated", "recent", "recent", "recent", "recent"]
    assert (provider.fetches, cluster.calls.count("apply")) == (1, 1)


def test_max_age_never_takes_a_secret_of_another_path() -> None:
    cluster, provider = Cluster(), Provider(a="2")
    cluster.put({"a": "1"}, path="kv/other")

    assert run(cluster, provider, policy=SyncPolicy(max_age=60.0)).action == "updated"
    assert provider.fetches == 1
