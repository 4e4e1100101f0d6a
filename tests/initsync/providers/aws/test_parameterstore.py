"""AWS Parameter Store: what is asked, page by page, and the keys that come of it."""

import datetime
from collections.abc import Iterator
from typing import Any
from unittest import mock

import botocore.auth
import botocore.session
import pytest
from botocore.config import Config

from initsync.network.transport import Network
from initsync.providers.aws.parameterstore import Provider
from initsync.sync import data
from initsync.words import rules
from initsync.words.errors import (
    InvalidSecretData,
    ProviderUnavailable,
    SecretNotFound,
    SecretRefused,
)
from initsync.words.model import ExternalSecret, PodRef, SyncRequest
from tests.initsync.fake_aws import FakeAws
from tests.initsync.providers.aws.parameterstore_side import (
    BELOW,
    NAME,
    NOW,
    ONE,
    ROOT,
    STATIC,
    asking,
    bodies,
    page,
    parameter,
)


@pytest.fixture
def provider(aws: FakeAws) -> Iterator[Provider]:
    with asking(aws) as built:
        yield built


def test_a_name_is_one_parameter_decrypted_with_its_version(
    aws: FakeAws, provider: Provider
) -> None:
    text = '{"user": "u", "port": 5432}'
    aws.will(ONE, 200, {"Parameter": parameter("/prod/db", text)})

    found = provider.fetch("/prod/db")

    assert found == ExternalSecret(text, "/prod/db", NAME, "3")
    assert bodies(aws) == [{"Name": "/prod/db", "WithDecryption": True}]


@pytest.mark.parametrize("version", ["2", "stable"])
def test_a_version_is_a_number_or_a_label_behind_the_name(
    aws: FakeAws, provider: Provider, version: str
) -> None:
    aws.will(ONE, 200, {"Parameter": parameter("/prod/db", Version=2)})

    assert provider.fetch("/prod/db", version).version == "2"
    assert bodies(aws)[0]["Name"] == f"/prod/db:{version}"


def test_a_path_is_all_parameters_below_it_as_keys(aws: FakeAws, provider: Provider) -> None:
    found = [parameter("/prod/app/password"), parameter("/prod/app/db/main/user", "u")]
    aws.will(BELOW, 200, page(*found))

    secret = provider.fetch("/prod/app/")

    assert secret.content == {"password": "pl4nted", "db_main_user": "u"}
    asked = {"Path": "/prod/app", "Recursive": True, "WithDecryption": True, "MaxResults": 10}
    assert bodies(aws) == [asked]
    request = SyncRequest(NAME, "/prod/app/", "app", PodRef("shop", "web-1", "0b2a"))
    assert data.of([(request, secret)]) == secret.content


def test_pages_may_be_short_or_empty_until_no_token_leads_to_another(
    aws: FakeAws, provider: Provider
) -> None:
    for answer in (
        page(token="a"),
        page(parameter("/p/one"), token="b"),
        page(token="c"),
        page(*(parameter(f"/p/n{number}") for number in range(10)), token="d"),
        page(),
    ):
        aws.will(BELOW, 200, answer)

    found = provider.fetch("/p/").content

    assert sorted(found) == sorted(["one", *(f"n{number}" for number in range(10))])
    assert [body.get("NextToken") for body in bodies(aws)] == [None, "a", "b", "c", "d"]


def test_a_label_of_a_path_chooses_among_the_versions_of_each(
    aws: FakeAws, provider: Provider
) -> None:
    aws.will(BELOW, 200, page(parameter("/p/one")))

    provider.fetch("/p/", "stable")

    (body,) = bodies(aws)
    assert body["ParameterFilters"] == [{"Key": "Label", "Option": "Equals", "Values": ["stable"]}]


def test_a_number_is_no_version_of_a_path_and_is_not_asked_for(
    aws: FakeAws, provider: Provider
) -> None:
    with pytest.raises(SecretRefused, match="give a label as the version of a path, or none"):
        provider.fetch("/p/", "3")

    assert aws.actions() == []


def test_the_root_has_parameters_without_a_slash_too(aws: FakeAws, provider: Provider) -> None:
    aws.will(BELOW, 200, page(parameter("plain", "1"), parameter("/a/b", "2")))

    assert provider.fetch("/").content == {"plain": "1", "a_b": "2"}
    assert bodies(aws)[0]["Path"] == "/"


def test_the_path_of_an_arn_is_asked_for_in_its_region(aws: FakeAws, provider: Provider) -> None:
    aws.will(BELOW, 200, page(parameter("/p/one", ARN=f"{ROOT}/p/one")))

    assert provider.fetch(f"{ROOT}/p/").content == {"one": "pl4nted"}
    assert bodies(aws)[0]["Path"] == "/p"
    assert "/ap-south-1/ssm/aws4_request" in aws.asked[0][1]["authorization"]


def test_the_path_of_another_account_is_not_taken_for_the_own_one(
    aws: FakeAws, provider: Provider
) -> None:
    own = f"{ROOT}/p/one".replace("123456789012", "999999999999")
    aws.will(BELOW, 200, page(parameter("/p/one", ARN=own)))

    with pytest.raises(SecretRefused, match="the identity is of account 999999999999"):
        provider.fetch(f"{ROOT}/p/")


def test_two_parameters_of_one_key_are_named_and_never_mixed(
    aws: FakeAws, provider: Provider
) -> None:
    aws.will(BELOW, 200, page(parameter("/p/a/b"), parameter("/p/a_b")))

    with pytest.raises(InvalidSecretData) as caught:
        provider.fetch("/p/")

    assert "'/p/a/b' and '/p/a_b' both become key 'a_b': rename one of them" in str(caught.value)
    assert "pl4nted" not in str(caught.value)


def test_nothing_below_a_path_is_no_empty_secret(aws: FakeAws, provider: Provider) -> None:
    aws.will(BELOW, 200, page())

    with pytest.raises(SecretNotFound, match="no parameter is below it"):
        provider.fetch("/p/")
    with pytest.raises(SecretNotFound, match="no parameter with the label 'blue' is below it"):
        provider.fetch("/p/", "blue")


def test_more_than_a_secret_holds_is_told_before_all_of_it_is_read(
    aws: FakeAws, provider: Provider
) -> None:
    for number in range(200):
        aws.will(BELOW, 200, page(parameter(f"/p/{number}", "x" * 8192), token=str(number)))

    with pytest.raises(InvalidSecretData, match=f"more than {rules.DATA_LIMIT} bytes"):
        provider.fetch("/p/")

    assert len(aws.asked) == rules.DATA_LIMIT // 8192 + 1


@pytest.mark.parametrize(("left", "second"), [(60.0, "a"), (0.0, "b")])
def test_pages_without_an_end_are_not_read_for_ever(aws: FakeAws, left: float, second: str) -> None:
    network = Network({}, lambda: left, lambda _: None)
    provider = Provider(STATIC | aws.env, lambda: NOW, network)
    aws.will(BELOW, 200, page(token="a"))
    aws.will(BELOW, 200, page(token=second))

    with pytest.raises(ProviderUnavailable, match="more pages of parameters than there is time"):
        provider.fetch("/p/")

    assert len(aws.asked) <= 2
    network.close()


@pytest.mark.parametrize(
    ("path", "version", "operation", "asked"),
    [
        ("/prod/db", "", "get_parameter", {"Name": "/prod/db"}),
        ("plain", "7", "get_parameter", {"Name": "plain:7"}),
        (f"{ROOT}/prod/db", "", "get_parameter", {"Name": f"{ROOT}/prod/db"}),
        ("/prod/", "", "get_parameters_by_path", {"Path": "/prod", "Recursive": True}),
        (
            "/prod/",
            "stable",
            "get_parameters_by_path",
            {
                "Path": "/prod",
                "Recursive": True,
                "ParameterFilters": [{"Key": "Label", "Option": "Equals", "Values": ["stable"]}],
            },
        ),
    ],
)
def test_botocore_would_send_the_same(
    aws: FakeAws, provider: Provider, path: str, version: str, operation: str, asked: dict[str, Any]
) -> None:
    aws.will(ONE, 200, {"Parameter": parameter("/prod/db")})
    aws.will(BELOW, 200, page(parameter("/prod/a")))
    client = botocore.session.get_session().create_client(
        "ssm",
        "ap-south-1" if path.startswith(ROOT) else "eu-west-1",
        endpoint_url=aws.env["AWS_ENDPOINT_URL"],
        aws_access_key_id=STATIC["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=STATIC["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    frozen = datetime.datetime.fromtimestamp(NOW, datetime.UTC).replace(tzinfo=None)
    asked = asked | {"WithDecryption": True}
    asked = asked | ({"MaxResults": 10} if "Path" in asked else {})

    provider.fetch(path, version)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=frozen):
        getattr(client, operation)(**asked)
    client.close()

    (_, ours, our_body), (_, theirs, their_body) = aws.asked
    assert our_body == their_body
    for header in ("x-amz-target", "x-amz-date", "content-type", "host", "authorization"):
        assert ours[header] == theirs[header]
