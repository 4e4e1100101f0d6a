"""What is sent and read is what Google's discovery documents say, and so is the stand-in.

They come with google-api-python-client: https://developers.google.com/discovery/v1/reference/apis
"""

import json
import re
from typing import Any

import pytest

from initsync.providers.gcp import paths, universe
from tests import oracles
from tests.initsync.providers.gcp.conftest import Make
from tests.initsync.providers.gcp.fake_gcp import PROJECT, FakeGcp, payload

HOME = f"projects/{PROJECT}/secrets/db"
REGIONAL = f"projects/{PROJECT}/locations/europe-west1/secrets/db"


def document(name: str) -> Any:
    place = oracles.python_of(oracles.CLIENTS).parents[1]
    documents = "lib/*/site-packages/googleapiclient/discovery_cache/documents"
    (file,) = place.glob(f"{documents}/{name}.v1.json")
    return json.loads(file.read_text())


def method(found: Any, name: str) -> Any:
    """Of a name such as `projects.secrets.versions.access`."""
    *resources, last = name.split(".")
    for resource in resources:
        found = found["resources"][resource]
    return found["methods"][last]


def fields(found: Any, schema: str) -> set[str]:
    return set(found["schemas"][schema]["properties"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (HOME, "projects.secrets.versions.access"),
        (REGIONAL, "projects.locations.secrets.versions.access"),
    ],
)
def test_a_secret_is_asked_for_as_its_service_says(
    gcp: FakeGcp, make: Make, path: str, name: str
) -> None:
    said = method(document("secretmanager"), name)
    gcp.put("db", b"pl4nted", location="" if path == HOME else "europe-west1")

    make().fetch(path)

    (asked,) = gcp.requests("secret")
    form = re.escape(f"/{said['path']}").replace(re.escape("{+name}"), "(.+)")
    found = re.fullmatch(form, asked.target)
    assert asked.method == said["httpMethod"]
    assert found
    assert re.search(said["parameters"]["name"]["pattern"], found[1])


def test_each_of_its_places_has_the_host_that_it_says() -> None:
    found = document("secretmanager")

    assert f"{universe.secret_manager('', universe.PUBLIC)}/" == found["rootUrl"]
    assert len(found["endpoints"]) > 40
    for it in found["endpoints"]:
        assert paths.is_location(it["location"])
        host = universe.secret_manager(it["location"], universe.PUBLIC)
        assert f"{host}/" == it["endpointUrl"]


def test_the_stand_ins_secret_has_the_fields_of_a_secret() -> None:
    found = document("secretmanager")

    given = payload(HOME, b"pl4nted")

    assert set(given) == fields(found, "AccessSecretVersionResponse")
    assert set(given["payload"]) == fields(found, "SecretPayload")
    kinds = found["schemas"]["SecretPayload"]["properties"]
    assert (kinds["data"]["format"], kinds["dataCrc32c"]["format"]) == ("byte", "int64")


def test_a_token_is_exchanged_as_sts_says(gcp: FakeGcp, make: Make) -> None:
    found = document("sts")
    said = method(found, "v1.token")

    make(**gcp.configuration()).whoami(HOME)

    (asked,) = gcp.requests("sts")
    camel = {re.sub("_(.)", lambda it: it[1].upper(), name) for name in asked.form}
    assert (asked.method, asked.target) == (said["httpMethod"], f"/{said['path']}")
    assert camel <= fields(found, said["request"]["$ref"])
    assert {"access_token", "expires_in"} <= fields(found, said["response"]["$ref"])


def test_a_service_account_is_become_as_iam_says(gcp: FakeGcp, make: Make) -> None:
    found = document("iamcredentials")
    said = method(found, "projects.serviceAccounts.generateAccessToken")

    make(**gcp.impersonating()).whoami(HOME)

    (asked,) = gcp.requests("iam")
    assert set(json.loads(asked.body)) <= fields(found, said["request"]["$ref"])
    assert "accessToken" in fields(found, said["response"]["$ref"])
    assert asked.target.endswith(":generateAccessToken")
