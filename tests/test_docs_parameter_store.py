"""docs/providers/aws-parameter-store.md: annotations are ones, the policy is the printed one."""

import json

import pytest
import yaml
from click.testing import CliRunner

from initsync import providers
from initsync.annotation.request import parse
from initsync.cli.main import main
from initsync.providers.aws import endpoints
from initsync.words import keys
from initsync.words.model import PodRef
from tests.docs_blocks import DOCS, blocks

PAGE = "providers/aws-parameter-store"
DEPLOYMENT, ENTRY = blocks(PAGE, "yaml")
POD = PodRef("shop", "web-1", "0b2a")


def within() -> str:
    metadata = yaml.safe_load(DEPLOYMENT)["spec"]["template"]["metadata"]
    return str(metadata["annotations"][keys.ANNOTATION])


@pytest.mark.parametrize("text", [within(), ENTRY])
def test_its_annotations_are_ones(text: str) -> None:
    (request,) = parse(text, POD, providers)

    assert (request.provider, request.secret_path) == ("aws-parameter-store", "/prod/shop/")


def test_its_policy_is_the_one_that_is_printed() -> None:
    place = ("--account", "123456789012", "--region", "eu-central-1")

    done = CliRunner().invoke(main, ["policy", *place, "-o", "json", "-"], input=DEPLOYMENT)

    (account,) = json.loads(done.stdout)["serviceAccounts"]
    (shown,) = blocks(PAGE, "json")
    assert account["aws"]["permissionsPolicies"] == [json.loads(shown)]


def test_it_names_the_variable_of_an_endpoint_of_ones_own() -> None:
    page = (DOCS / f"{PAGE}.md").read_text()

    variable = endpoints._SERVICE_VARIABLE["ssm"]
    assert f"`{variable}`" in page
    assert f"`{variable}`" in (DOCS / "reference.md").read_text()
