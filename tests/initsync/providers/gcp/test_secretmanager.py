"""Google Secret Manager: what is asked, and every answer as a row of the failure table."""

import threading

import pytest

from initsync.providers.gcp import paths
from initsync.providers.gcp.secretmanager import Provider
from initsync.sync import data
from initsync.words.errors import (
    AccessDenied,
    AnnotationError,
    InvalidSetup,
    JasmError,
    NoIdentity,
    ProviderRefused,
    ProviderUnavailable,
    SecretNotFound,
    SecretRefused,
)
from initsync.words.model import PodRef, SyncRequest
from tests.initsync.providers.gcp.conftest import Make
from tests.initsync.providers.gcp.fake_gcp import GSA, PROJECT, FakeGcp, refused

PATH = f"projects/{PROJECT}/secrets/db"
REGIONAL = f"projects/{PROJECT}/locations/europe-west1/secrets/db"
REQUEST = SyncRequest("gcp-secret-manager", PATH, "db", PodRef("shop", "web-1", "0b2a"))


def failing(provider: Provider, version: str = "") -> JasmError:
    with pytest.raises(JasmError) as caught:
        provider.fetch(PATH, version)
    assert "pl4nted" not in f"{caught.value} {caught.value!r}"
    return caught.value


def test_one_token_and_one_request_give_the_secret(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b'{"user": "u", "port": 5432}')

    found = make().fetch(PATH)

    assert (found.version, found.source_path, found.provider) == ("1", PATH, "gcp-secret-manager")
    assert data.of([(REQUEST, found)]) == {"user": "u", "port": "5432"}
    assert [it.host for it in gcp.asked] == [gcp.metadata, "secretmanager.googleapis.com"]
    assert gcp.asked[1].target == f"/v1/{PATH}/versions/latest:access"


@pytest.mark.parametrize(
    ("path", "version", "value"),
    [
        (PATH, "", b"pl4nted-2"),
        (PATH, "latest", b"pl4nted-2"),
        (PATH, "1", b"pl4nted-1"),
        (PATH, "blue", b"pl4nted-1"),
        (f"{PATH}/versions/1", "", b"pl4nted-1"),
        (f"{PATH}/versions/1", "1", b"pl4nted-1"),
    ],
)
def test_a_version_is_a_number_or_an_alias(
    gcp: FakeGcp, make: Make, path: str, version: str, value: bytes
) -> None:
    gcp.put("db", b"pl4nted-1")
    gcp.put("db", b"pl4nted-2")
    gcp.aliases["blue"] = 1

    assert make().fetch(path, version).content == value


def test_two_versions_at_once_are_none(gcp: FakeGcp, make: Make) -> None:
    with pytest.raises(AnnotationError, match="path ends in /versions/1: leave one of them out"):
        make().fetch(f"{PATH}/versions/1", "2")

    assert gcp.asked == []


def test_a_regional_secret_is_asked_for_in_its_region(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted", location="europe-west1")

    make().fetch(REGIONAL)

    assert gcp.tunnels == ["secretmanager.europe-west1.rep.googleapis.com:443"]


def test_a_name_alone_is_in_the_platforms_project_and_location(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted", location="us-east4")

    make(GOOGLE_CLOUD_PROJECT=PROJECT, JASM_GCP_LOCATION="us-east4").fetch("db")

    assert gcp.tunnels == ["secretmanager.us-east4.rep.googleapis.com:443"]


def test_the_platforms_location_moves_no_secret_of_a_full_name(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")

    make(JASM_GCP_LOCATION="us-east4").fetch(PATH)

    assert gcp.tunnels == ["secretmanager.googleapis.com:443"]


def test_on_gke_a_name_alone_is_in_the_clusters_project(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")
    provider = make()

    provider.fetch("db")
    provider.fetch("db")

    assert len(gcp.requests("metadata")) == 2  # project and token, once each


def test_elsewhere_a_name_alone_needs_a_project(gcp: FakeGcp, make: Make) -> None:
    env = gcp.configuration() | {paths.PROJECT: ""}

    with pytest.raises(InvalidSetup, match="no project for 'db': GOOGLE_CLOUD_PROJECT is not set"):
        make(**env).fetch("db")


@pytest.mark.threat("A pod's token is stolen")
def test_the_platforms_location_makes_no_other_host(gcp: FakeGcp, make: Make) -> None:
    with pytest.raises(InvalidSetup, match="set it to a location"):
        make(JASM_GCP_LOCATION="evil.example#", GOOGLE_CLOUD_PROJECT=PROJECT).fetch("db")

    assert gcp.tunnels == []


def test_a_name_with_a_slash_stays_one_name(gcp: FakeGcp, make: Make) -> None:
    with pytest.raises(SecretNotFound):
        make(GOOGLE_CLOUD_PROJECT=PROJECT).fetch("/prod/versions/1:destroy?x=")

    (asked,) = gcp.requests("secret")
    name = "prod%2Fversions%2F1%3Adestroy%3Fx%3D"
    assert asked.target == f"/v1/projects/{PROJECT}/secrets/{name}/versions/latest:access"


def test_another_universe_is_asked_where_it_is(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")

    make(GOOGLE_CLOUD_UNIVERSE_DOMAIN="apis.example.test").fetch(PATH)

    assert gcp.tunnels == ["secretmanager.apis.example.test:443"]


def test_several_threads_log_in_once(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")
    provider = make()
    threads = [threading.Thread(target=provider.fetch, args=(PATH,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(gcp.requests("metadata")) == 1
    assert len(gcp.requests("secret")) == 5
    assert gcp.tunnels == ["secretmanager.googleapis.com:443"]


def test_a_token_that_ended_early_is_asked_for_anew_once(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")
    gcp.will("secret", 401, refused(401, "UNAUTHENTICATED", "invalid").body)

    assert make().fetch(PATH).content == b"pl4nted"
    assert len(gcp.requests("metadata")) == 2


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
