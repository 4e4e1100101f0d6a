"""The use-case: a Secret is written where it must be, races included, and else stays as it was."""

from typing import Any

import pytest

from initsync.sync.report import told
from initsync.sync.retry import Retry
from initsync.sync.settings import SyncSettings
from initsync.sync.upsert import ROUNDS, sync
from initsync.words.errors import ClusterConflict, InvalidSecretData, NotManaged, SecretNotFound
from initsync.words.outcome import Outcome
from tests.initsync.sync.one_secret import TARGET, Cluster, Provider, run


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
