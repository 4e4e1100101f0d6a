"""Every failure of Google Secret Manager is a row of the failure table, with its advice."""

import pytest

from initsync.providers.gcp.secretmanager import Provider
from initsync.words.errors import (
    AccessDenied,
    JasmError,
    NoIdentity,
    ProviderRefused,
    ProviderUnavailable,
    SecretNotFound,
    SecretRefused,
)
from tests.initsync.providers.gcp.conftest import Make
from tests.initsync.providers.gcp.fake_gcp import GSA, PROJECT, FakeGcp, refused

PATH = f"projects/{PROJECT}/secrets/db"


def failing(provider: Provider, version: str = "") -> JasmError:
    with pytest.raises(JasmError) as caught:
        provider.fetch(PATH, version)
    assert "pl4nted" not in f"{caught.value} {caught.value!r}"
    return caught.value


def test_a_token_that_is_refused_twice_is_nobodys(gcp: FakeGcp, make: Make) -> None:
    for _ in range(2):
        gcp.will("secret", 401, refused(401, "UNAUTHENTICATED", "invalid").body)

    error = failing(make())

    assert isinstance(error, NoIdentity)
    assert "refused its token twice" in str(error)


def test_nothing_there_says_where_it_was_looked_for(gcp: FakeGcp, make: Make) -> None:
    error = failing(make())

    assert isinstance(error, SecretNotFound)
    assert f"in projects/{PROJECT} (NOT_FOUND: Secret [" in str(error)
    assert f"gcloud secrets versions list db --project={PROJECT} shows" in str(error)


def test_a_missing_version_is_told_from_a_missing_secret(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")

    error = failing(make(), "9")

    assert isinstance(error, SecretNotFound)
    assert "correct path or version" in str(error)


@pytest.mark.parametrize("state", ["DISABLED", "DESTROYED"])
def test_a_version_that_is_off_says_so(gcp: FakeGcp, make: Make, state: str) -> None:
    gcp.put("db", b"pl4nted")
    gcp.put("db", b"pl4nted", state=state)

    error = failing(make())
    pinned = failing(make(), "2")

    assert isinstance(error, SecretRefused)
    assert f"is in {state} state" in str(error)
    assert "'latest' is the version made last, whatever its state" in str(error)
    assert "enable it, or name another version" in str(pinned)


def test_a_denial_names_the_role_the_secret_and_who_asked(gcp: FakeGcp, make: Make) -> None:
    gcp.readers.clear()

    error = failing(make())

    assert isinstance(error, AccessDenied)
    assert f"refused Google service account {GSA} (IAM_PERMISSION_DENIED: Permission " in str(error)
    assert f"grant it roles/secretmanager.secretAccessor on {PATH}" in str(error)


@pytest.mark.parametrize(
    ("reason", "kind", "advice"),
    [
        ("SERVICE_DISABLED", ProviderRefused, "gcloud services enable secretmanager.googleapis"),
        ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", AccessDenied, "Workload Identity Federation on"),
        ("SECURITY_POLICY_VIOLATED", AccessDenied, "the perimeter of VPC Service Controls"),
        ("CONSUMER_INVALID", AccessDenied, "correct the project"),
        ("BILLING_DISABLED", AccessDenied, "turn billing on"),
    ],
)
def test_other_denials_have_another_advice(
    gcp: FakeGcp, make: Make, reason: str, kind: type[JasmError], advice: str
) -> None:
    gcp.will("secret", 403, refused(403, "PERMISSION_DENIED", "because", reason).body)

    error = failing(make())

    assert isinstance(error, kind)
    assert advice in str(error)


def test_a_name_that_google_does_not_take_is_a_wrong_path(gcp: FakeGcp, make: Make) -> None:
    gcp.will("secret", 400, refused(400, "INVALID_ARGUMENT", "Invalid resource").body)

    error = failing(make())

    assert isinstance(error, SecretRefused)
    assert "correct the path" in str(error)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
        (409, "ABORTED"),
        (499, "CANCELLED"),
    ],
)
def test_what_may_pass_is_tried_again(gcp: FakeGcp, make: Make, status: int, code: str) -> None:
    gcp.will("secret", status, refused(status, code, "try again").body, Retry_After="7")

    error = failing(make())

    assert isinstance(error, ProviderUnavailable)
    assert error.retry_after == 7
    assert f"HTTP {status}, {code}: try again" in str(error)


def test_a_strangers_words_are_bounded_and_printable(gcp: FakeGcp, make: Make) -> None:
    said = "\x1b[31m" + "x" * 50_000
    gcp.will("secret", 403, refused(403, "PERMISSION_DENIED\x1b", said, "\x1b" * 999).body)

    assert len(str(failing(make()))) < 2_000
