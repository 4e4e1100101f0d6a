"""AWS Parameter Store: what is asked, page by page, and every answer as a row of the table."""

import datetime
import gc
import json
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
    AccessDenied,
    InvalidSecretData,
    JasmError,
    NoIdentity,
    ProviderRefused,
    ProviderUnavailable,
    SecretNotFound,
    SecretRefused,
)
from initsync.words.model import ExternalSecret, PodRef, SyncRequest
from tests.initsync.fake_aws import FakeAws

NETWORK = Network({}, lambda: 60.0, lambda _: None)
NOW = 1_761_300_000.0
STATIC = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted-key"}
NAME = "aws-parameter-store"
ROOT = "arn:aws:ssm:ap-south-1:123456789012:parameter"
ONE, BELOW = "GetParameter", "GetParametersByPath"


@pytest.fixture
def provider(aws: FakeAws) -> Iterator[Provider]:
    built = Provider(STATIC | aws.env, lambda: NOW, NETWORK)
    yield built
    for connection in built._asker.services.connections.values():
        connection.close()
    gc.collect()


def parameter(name: str, value: str = "pl4nted", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Value": value, "Type": "SecureString", "Version": 3, **more}


def page(*found: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    return {"Parameters": list(found), **({"NextToken": token} if token else {})}


def refused(code: str, message: str = "because") -> dict[str, str]:
    return {"__type": code, "message": message}


def bodies(aws: FakeAws) -> list[dict[str, Any]]:
    return [json.loads(body) for _, _, body in aws.asked]


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


def error_codes(operation: str) -> list[str]:
    model = botocore.session.get_session().get_service_model("ssm")
    return [shape.name for shape in model.operation_model(operation).error_shapes]


ROWS: dict[str, type[JasmError]] = {
    "ParameterNotFound": SecretNotFound,
    "ParameterVersionNotFound": SecretNotFound,
    "InvalidKeyId": AccessDenied,
    "InternalServerError": ProviderUnavailable,
    "InvalidFilterKey": ProviderRefused,
    "InvalidFilterOption": ProviderRefused,
    "InvalidFilterValue": SecretRefused,
    "InvalidNextToken": ProviderUnavailable,
}


@pytest.mark.parametrize("operation", [ONE, BELOW])
def test_every_error_of_the_services_own_model_has_its_row(
    aws: FakeAws, provider: Provider, operation: str
) -> None:
    codes = error_codes(operation)
    for code in codes:
        aws.will(operation, 500 if code == "InternalServerError" else 400, refused(code))

    for code in codes:
        with pytest.raises(ROWS[code]):
            provider.fetch("/prod/db" if operation == ONE else "/prod/")


DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/app/x is not authorized to perform: "
    "ssm:GetParameter on resource: arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db because no "
    "identity-based policy allows the ssm:GetParameter action"
)
OF_KEY = (
    "User: arn:aws:sts::123456789012:assumed-role/app/x is not authorized to perform: kms:Decrypt "
    "on resource: arn:aws:kms:eu-west-1:123456789012:key/1 because no identity-based policy allows "
    "the kms:Decrypt action"
)
ANSWERS: list[tuple[int, Any, type[JasmError], list[str]]] = [
    (
        400,
        refused("ParameterNotFound", ""),
        SecretNotFound,
        [NAME, "/prod/db", "eu-west-1", "a path of which all parameters below are meant ends in /"],
    ),
    (
        400,
        refused("ParameterVersionNotFound", "Systems Manager could not find version 9"),
        SecretNotFound,
        ["could not find version 9", "aws ssm get-parameter-history shows numbers and labels"],
    ),
    (
        400,
        refused("AccessDeniedException", DENIED),
        AccessDenied,
        ["grant it ssm:GetParameter on /prod/db in eu-west-1"],
    ),
    (400, refused("AccessDeniedException", OF_KEY), AccessDenied, ["grant it kms:Decrypt on the"]),
    (
        400,
        refused("InvalidKeyId", "arn:aws:kms:eu-west-1:1:key/1 is disabled."),
        AccessDenied,
        ["kms:Decrypt", "is disabled", "see that the key is enabled"],
    ),
    (
        400,
        refused("ValidationException", "The parameter doesn't meet the name requirements."),
        SecretRefused,
        ["doesn't meet the name requirements", "correct the path"],
    ),
    (400, refused("ExpiredTokenException"), NoIdentity, ["SESSION_TOKEN"]),
    (400, refused("ThrottlingException", "Rate exceeded"), ProviderUnavailable, ["Rate exceeded"]),
    (503, b"<html>pl4nted</html>", ProviderUnavailable, ["HTTP 503"]),
    (200, b'{"Parameter": {"Name": "pl4nted', ProviderUnavailable, ["HTTP 200"]),
    (200, {}, ProviderUnavailable, ["no parameter with name and value"]),
    (200, {"Parameter": []}, ProviderUnavailable, ["no parameter with name and value"]),
    (200, {"Parameter": {"Name": "a", "Value": 5}}, ProviderUnavailable, ["no parameter with"]),
    (200, {"Parameter": parameter("/prod/db")}, InvalidSecretData, ["must be a JSON object"]),
]


@pytest.mark.parametrize(("status", "body", "kind", "said"), ANSWERS)
def test_every_answer_is_a_row_of_the_failure_table(
    aws: FakeAws,
    provider: Provider,
    status: int,
    body: Any,
    kind: type[JasmError],
    said: list[str],
) -> None:
    request = SyncRequest(NAME, "/prod/db", "db", PodRef("shop", "web-1", "0b2a"))
    aws.will(ONE, status, body)

    with pytest.raises(JasmError) as caught:
        data.of([(request, provider.fetch("/prod/db"))])

    assert type(caught.value) is kind
    assert [part for part in said if part not in str(caught.value)] == []
    assert "pl4nted" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Parameters": None},
        {"Parameters": {}},
        {"Parameters": ["pl4nted"]},
        {"Parameters": [{"Name": "/p/pl4nted"}]},
        {"Parameters": [{"Name": 5, "Value": "pl4nted"}]},
    ],
)
def test_what_is_no_page_of_parameters_is_asked_for_again(
    aws: FakeAws, provider: Provider, body: Any
) -> None:
    aws.will(BELOW, 200, body)

    with pytest.raises(ProviderUnavailable, match="no parameter with name and value") as caught:
        provider.fetch("/p/")

    assert "pl4nted" not in str(caught.value)


def test_a_version_that_is_not_found_by_either_name_is_told_as_such(
    aws: FakeAws, provider: Provider
) -> None:
    aws.will(ONE, 400, refused("ParameterNotFound"))

    with pytest.raises(SecretNotFound, match="or correct the entry's version: aws ssm get-param"):
        provider.fetch("/prod/db", "blue")
