"""Names of secrets: what they say, and the few that are refused before anybody is asked."""

import pytest

from initsync.providers.gcp import paths, universe
from initsync.providers.gcp.paths import ResourceName
from initsync.words.errors import InvalidSetup

FULL = "projects/shop-prod/secrets/db"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (FULL, ResourceName("shop-prod", "", "db")),
        (f"/{FULL}", ResourceName("shop-prod", "", "db")),
        (f"//secretmanager.googleapis.com/{FULL}", ResourceName("shop-prod", "", "db")),
        (f"{FULL}/versions/3", ResourceName("shop-prod", "", "db", "3")),
        (f"{FULL}/versions/latest", ResourceName("shop-prod", "", "db", "latest")),
        ("projects/123/secrets/db", ResourceName("123", "", "db")),
        ("projects/example.com:old/secrets/db", ResourceName("example.com:old", "", "db")),
        (
            "projects/shop/locations/europe-west1/secrets/db/versions/blue",
            ResourceName("shop", "europe-west1", "db", "blue"),
        ),
        ("db", ResourceName("", "", "db")),
        ("/db", ResourceName("", "", "db")),
        ("projects", ResourceName("", "", "projects")),
    ],
)
def test_what_a_path_says(path: str, place: ResourceName) -> None:
    assert paths.problem(path) is None
    assert paths.resource_name(path) == place


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("projects/shop", "must be projects/PROJECT/secrets/NAME"),
        ("projects/shop/secrets/", "must be projects/PROJECT/secrets/NAME"),
        ("projects/shop/secrets/db/versions", "must be projects/PROJECT/secrets/NAME"),
        ("projects/shop/parameters/db", "must be projects/PROJECT/secrets/NAME"),
        (f"//evil.example/{FULL}", "must be projects/PROJECT/secrets/NAME"),
        ("projects/../secrets/db", "must name a secret"),
        (f"{FULL}/versions/..", "must name a secret"),
        ("..", "must name a secret"),
        ("a/../b", "must name a secret"),
        ("/", "must name a secret"),
        ("a\nb", "must be one line"),
    ],
)
def test_what_cannot_be_sent_is_refused(path: str, said: str) -> None:
    assert (paths.problem(path) or "").startswith(said)


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize(
    "location", ["evil.example#", "a.b", "x@evil.example", "-", "a:443", "EU", "a b", "a%2eb"]
)
def test_a_location_makes_no_other_host(location: str) -> None:
    rule = paths.problem(f"projects/shop/locations/{location}/secrets/db")

    assert (rule or "").startswith("must name a location such as europe-west1")


@pytest.mark.parametrize("version", ["1", "latest", "blue", "Blue_2-x"])
def test_numbers_and_aliases_are_versions(version: str) -> None:
    assert paths.version_problem(version) is None


@pytest.mark.parametrize("version", ["", " ", "a\nb", "x" * 257, "..", "a/../b"])
def test_others_are_none(version: str) -> None:
    assert (paths.version_problem(version) or "").startswith("must be a number")


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("", "https://secretmanager.googleapis.com"),
        ("us-east4", "https://secretmanager.us-east4.rep.googleapis.com"),
    ],
)
def test_each_location_has_a_host_of_its_own(location: str, url: str) -> None:
    assert universe.secret_manager(location, universe.domain({})) == url


def test_another_universe_is_the_platforms_word() -> None:
    assert universe.domain({universe.UNIVERSE: "apis-tpczero.goog"}) == "apis-tpczero.goog"
    with pytest.raises(InvalidSetup, match="set it to a name"):
        universe.domain({universe.UNIVERSE: "https://evil.example/"})
