"""The Secret of an earlier pod will do while the provider is down, or while it is young enough."""

import pytest

from initsync.words import keys
from initsync.words.errors import ProviderUnavailable, SecretNotFound
from initsync.words.model import SyncPolicy
from tests.initsync.sync.one_secret import Cluster, Provider, run


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
