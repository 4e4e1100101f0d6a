"""What has no room beside keys and marks of others replaces them, or says what to remove."""

import pytest

from initsync.sync.upsert import MANY
from initsync.words.errors import ClusterTooLarge
from initsync.words.outcome import Outcome
from tests.initsync.sync.one_secret import TARGET, Cluster, Provider, run


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
