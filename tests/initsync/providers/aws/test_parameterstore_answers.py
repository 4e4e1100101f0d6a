"""Every answer of AWS Parameter Store is a row of the failure table."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from initsync.providers.aws.parameterstore import Provider
from initsync.sync import data
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
from initsync.words.model import PodRef, SyncRequest
from tests.initsync.fake_aws import FakeAws
from tests.initsync.providers.aws.parameterstore_side import (
    BELOW,
    NAME,
    ONE,
    asking,
    parameter,
    refused,
)


@pytest.fixture
def provider(aws: FakeAws) -> Iterator[Provider]:
    with asking(aws) as built:
        yield built


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
