"""What Google Secret Manager is asked, where, and with whose token."""

import threading

import pytest

from initsync.providers.gcp import paths
from initsync.sync import data
from initsync.words.errors import AnnotationError, InvalidSetup, SecretNotFound
from initsync.words.model import PodRef, SyncRequest
from tests.initsync.providers.gcp.conftest import Make
from tests.initsync.providers.gcp.fake_gcp import PROJECT, FakeGcp, refused

PATH = f"projects/{PROJECT}/secrets/db"
REGIONAL = f"projects/{PROJECT}/locations/europe-west1/secrets/db"
REQUEST = SyncRequest("gcp-secret-manager", PATH, "db", PodRef("shop", "web-1", "0b2a"))


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
