"""The entities of the data model."""

import pytest

from initsync.words.model import ExternalSecret, PodRef, SyncRequest, Target
from initsync.words.outcome import Outcome

REQUEST = SyncRequest("vault", "kv/db", "db", PodRef("shop", "web-1", "0b2a"))


def test_a_request_cannot_change() -> None:
    with pytest.raises(AttributeError):
        REQUEST.provider = "other"  # type: ignore[misc]  # that it is refused is the point


def test_a_secret_never_prints_its_values() -> None:
    secret = ExternalSecret({"password": "pl4nted-value"}, "kv/db", "vault")

    shown = f"{secret!r} {secret!s} {secret} {[secret]}"

    assert "pl4nted" not in shown
    assert "ExternalSecret(vault 'kv/db', content redacted)" in shown


def test_a_secret_keeps_its_own_copy() -> None:
    data = {"a": "1"}
    secret = ExternalSecret(data, "kv/db", "vault")

    data["a"] = "2"

    assert secret == ExternalSecret({"a": "1"}, "kv/db", "vault")
    assert secret != ExternalSecret(data, "kv/db", "vault")


@pytest.mark.parametrize(
    ("action", "keys", "note", "sentence"),
    [
        ("created", 1, "", "Secret db created with 1 key from vault kv/db"),
        ("updated", 2, "", "Secret db updated with 2 keys from vault kv/db"),
        ("unchanged", 0, "", "Secret db is up to date with 0 keys from vault kv/db"),
        ("updated", 2, "before: x", "Secret db updated with 2 keys from vault kv/db (before: x)"),
    ],
)
def test_an_outcome_reads_as_a_sentence(action: str, keys: int, note: str, sentence: str) -> None:
    assert Outcome(action, Target((REQUEST,)), ("k",) * keys, note).sentence == sentence
