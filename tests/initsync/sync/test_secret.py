"""The Secret that is wanted, and whether it must be written."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.sync import secret
from initsync.sync.settings import SyncSettings
from initsync.words import keys
from initsync.words.errors import ClusterUnavailable, NotManaged
from initsync.words.model import OPAQUE, PodRef, SyncRequest, Target

POD = PodRef("shop", "web-1", "0b2a")
TARGET = Target((SyncRequest("aws-secretsmanager", "/prod/db", "db", POD),))
NOW = 1_761_300_000.5


def wanted(data: dict[str, str], existing: dict[str, Any] | None = None) -> dict[str, Any]:
    return secret.secret(TARGET, data, "", existing, NOW, SyncSettings())


def stored(data: dict[str, str], **metadata: Any) -> dict[str, Any]:
    """As the API server would answer after `wanted(data)` was applied."""
    found = wanted(data)
    found["metadata"] |= {"resourceVersion": "41", "uid": "u"} | metadata
    return found


def test_the_secret_is_the_data_models() -> None:
    assert wanted({"DB_HOST": "db.example.com"}) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "namespace": "shop",
            "resourceVersion": "1",
            "labels": {
                "app.kubernetes.io/managed-by": "caronte",
                "jasm.codnod.io/provider": "aws-secretsmanager",
            },
            "annotations": {
                "jasm.codnod.io/source-path": "/prod/db",
                "jasm.codnod.io/synced-at": "2025-10-24T10:00:00Z",
            },
        },
        "type": "Opaque",
        "data": {"DB_HOST": "ZGIuZXhhbXBsZS5jb20="},
    }


def test_it_says_which_version_at_the_provider_it_is() -> None:
    found = secret.secret(TARGET, {"a": "1"}, "5f2e1c09", None, NOW, SyncSettings())

    assert found["metadata"]["annotations"]["jasm.codnod.io/version"] == "5f2e1c09"


def test_a_new_version_of_the_same_value_is_no_reason_to_write() -> None:
    found = secret.secret(TARGET, {"a": "1"}, "9b3d77aa", stored({"a": "1"}), NOW, SyncSettings())

    assert secret.up_to_date(stored({"a": "1"}), found)


def test_it_replaces_only_what_was_read() -> None:
    again = wanted({"a": "2"}, stored({"a": "1"}))

    assert again["metadata"]["resourceVersion"] == "41"


@given(st.dictionaries(st.text(), st.text(st.characters(codec="utf-8"))))
def test_every_value_survives_base64(data: dict[str, str]) -> None:
    encoded = wanted(data)["data"]

    assert {key: base64.b64decode(value).decode() for key, value in encoded.items()} == data


def test_the_same_content_needs_no_write_whenever_it_was_synced() -> None:
    before = stored({"a": "1"})
    before["metadata"]["annotations"]["jasm.codnod.io/synced-at"] = "2020-01-01T00:00:00Z"
    before["metadata"]["labels"]["team"] = "shop"
    before["metadata"]["annotations"]["note"] = "of somebody else"

    assert secret.up_to_date(before, wanted({"a": "1"}, before))


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"a": "eA=="}},
        {"data": {"a": "MQ==", "b": "MQ=="}},
        {"data": None},
        {"labels": {"app.kubernetes.io/managed-by": "caronte"}},
        {"annotations": {"jasm.codnod.io/source-path": "/prod/other"}},
    ],
    ids=["value", "one key more", "no data", "a label of ours lost", "another source"],
)
def test_any_difference_of_ours_needs_a_write(change: dict[str, Any]) -> None:
    before = stored({"a": "1"})
    if "data" in change:
        before["data"] = change["data"]
    else:
        before["metadata"] |= change

    assert not secret.up_to_date(before, wanted({"a": "1"}, before))


@pytest.mark.parametrize(
    ("synced_at", "age"),
    [("2025-10-24T10:00:00Z", 60.0), ("yesterday", float("inf")), ("", float("inf"))],
)
def test_the_age_of_a_secret_counts_from_its_last_write(synced_at: str, age: float) -> None:
    annotations = {"jasm.codnod.io/synced-at": synced_at}

    assert secret.age({"metadata": {"annotations": annotations}}, 1_761_300_060.0) == age


def test_a_secret_on_its_way_out_is_worth_another_try() -> None:
    leaving = stored({"a": "1"})
    leaving["metadata"] |= {"deletionTimestamp": "2025-10-24T10:00:00Z", "finalizers": ["x/y"]}

    with pytest.raises(ClusterUnavailable, match=r"being deleted .* finalizers \(x/y\)"):
        secret.refuse_foreign(leaving, OPAQUE, "caronte")


def test_what_is_ours_to_say_and_is_not_wanted_is_to_be_removed_and_nothing_else() -> None:
    written = stored({"a": "1", "z": "9", "b": "2"})
    written["metadata"]["labels"] |= {keys.PREFIX + "x": "1", "team": "shop"}
    written["metadata"]["annotations"] |= {keys.PREFIX + "y": "1", keys.ADOPT: "true", "note": "n"}

    removed = secret.removal(written, wanted({"a": "1"}))

    assert removed == {
        "metadata": {
            **{name: written["metadata"][name] for name in ("name", "namespace")},
            "resourceVersion": written["metadata"]["resourceVersion"],
            "labels": {keys.PREFIX + "x": None},
            "annotations": {keys.PREFIX + "y": None},
        },
        "data": {"b": None, "z": None},
    }
    assert secret.number(removed) == 4


def test_what_others_put_on_a_secret_is_not_ours_to_say() -> None:
    found = stored({"a": "1"})
    found["metadata"]["labels"] |= {"team": "shop"}
    found["metadata"]["annotations"] |= {"note": "ü", keys.ADOPT: "true"}

    assert secret.of_others(found) == {
        "labels": {"team": "shop"},
        "annotations": {"note": "ü", keys.ADOPT: "true"},
    }


def test_our_own_secret_may_be_written() -> None:
    secret.refuse_foreign(stored({"a": "1"}), OPAQUE, "caronte")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"type": "kubernetes.io/tls"}, "is of type kubernetes.io/tls"),
        ({"immutable": True}, "is immutable"),
    ],
)
def test_type_and_immutability_are_respected_even_on_adoption(
    change: dict[str, Any], sentence: str
) -> None:
    before = stored({"a": "1"}, annotations={"jasm.codnod.io/adopt": "true"}) | change

    with pytest.raises(NotManaged, match=sentence):
        secret.refuse_foreign(before, OPAQUE, "caronte")


@pytest.mark.parametrize(
    ("labels", "whose"),
    [
        ({}, "was not made by JASM"),
        (None, "was not made by JASM"),
        ({"app.kubernetes.io/managed-by": "Helm"}, "belongs to 'Helm'"),
    ],
)
def test_a_foreign_secret_is_refused_with_the_way_to_adopt_it(
    labels: dict[str, str] | None, whose: str
) -> None:
    with pytest.raises(NotManaged) as caught:
        secret.refuse_foreign(stored({"a": "1"}, labels=labels), OPAQUE, "caronte")

    assert f"Secret shop/db {whose}" in str(caught.value)
    assert 'annotate it jasm.codnod.io/adopt: "true"' in str(caught.value)


def test_a_foreign_secret_can_be_handed_over() -> None:
    handed = stored({"a": "1"}, labels={}, annotations={"jasm.codnod.io/adopt": "true"})

    secret.refuse_foreign(handed, OPAQUE, "caronte")
