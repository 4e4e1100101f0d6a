"""Every answer of AWS Secrets Manager is a row of the failure table."""

import gzip
from collections.abc import Iterator
from typing import Any

import botocore.auth
import botocore.session
import pytest

from initsync.providers.aws.secretsmanager import Provider
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
from tests.initsync.fake_aws import FakeAws
from tests.initsync.providers.aws.secretsmanager_side import REQUEST, asking, refused


@pytest.fixture
def provider(aws: FakeAws) -> Iterator[Provider]:
    with asking(aws) as built:
        yield built


CANNOT = "You can't perform this operation on the secret because"
ANSWERS: list[tuple[int, Any, type[JasmError], list[str]]] = [
    (
        400,
        refused("ResourceNotFoundException", "Secrets Manager can't find it."),
        SecretNotFound,
        ["aws-secretsmanager", "/prod/db", "eu-west-1", "can't find it"],
    ),
    (
        400,
        refused("InvalidRequestException", f"{CANNOT} it was marked for deletion."),
        SecretRefused,
        ["marked for deletion", "restore it (aws secretsmanager restore-secret)"],
    ),
    (
        400,
        refused("InvalidRequestException", f"{CANNOT} it was deleted."),
        SecretRefused,
        ["it was deleted", "restore it (aws secretsmanager restore-secret)"],
    ),
    (
        400,
        refused(
            "InvalidRequestException",
            "You can't access a secret from a different AWS account if you encrypt the secret "
            "with the default KMS service key.",
        ),
        AccessDenied,
        ["encrypt it with a customer-managed key whose policy allows kms:Decrypt", "AKIA1"],
    ),
    (
        400,
        refused("InvalidRequestException", "arn:aws:kms:eu-west-1:1:key/0 is pending deletion."),
        AccessDenied,
        ["see that the KMS key of that secret is enabled, or cancel its deletion"],
    ),
    (
        400,
        refused(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
            "following: -/_+=.@!",
        ),
        SecretRefused,
        ["'/prod/db' in region eu-west-1 (ValidationException: Invalid name.", "correct the path"],
    ),
    (400, refused("InvalidRequestException"), SecretRefused, ["because", "correct the path"]),
    (
        400,
        refused(
            "ResourceNotFoundException",
            "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        ),
        SecretNotFound,
        ["no version labelled AWSCURRENT: put a value into it"],
    ),
    (400, refused("InvalidParameterException"), SecretRefused, ["/prod/db"]),
    (400, refused("KMSAccessDeniedException"), AccessDenied, ["kms:Decrypt", "KMSAccessDenied"]),
    (400, refused("KMSDisabledException"), AccessDenied, ["see that the key is enabled"]),
    (403, refused("OptInRequired"), AccessDenied, ["the region eu-west-1: enable it"]),
    (403, refused("Unforeseen"), AccessDenied, ["secretsmanager:GetSecretValue", "because"]),
    (400, refused("Unforeseen"), ProviderRefused, ["Unforeseen: because"]),
    (
        400,
        refused("AccessDeniedException", "User: arn:x is not authorized"),
        AccessDenied,
        ["secretsmanager:GetSecretValue on /prod/db in eu-west-1", "access key AKIA1", "arn:x"],
    ),
    (
        400,
        refused("AccessDeniedException", "Access to KMS is not allowed"),
        AccessDenied,
        ["kms:Decrypt"],
    ),
    (
        400,
        refused(
            "AccessDeniedException",
            "The ciphertext refers to a customer master key that does not exist, does not exist in "
            "this region, or you are not allowed to access.",
        ),
        AccessDenied,
        ["kms:Decrypt"],
    ),
    (400, refused("DecryptionFailure"), AccessDenied, ["kms:Decrypt"]),
    (400, refused("ExpiredTokenException"), NoIdentity, ["ExpiredTokenException", "SESSION_TOKEN"]),
    (
        400,
        refused("InvalidSignatureException"),
        NoIdentity,
        ["access key AKIA1", "is there a space or line break in the key?"],
    ),
    (403, refused("UnrecognizedClientException"), NoIdentity, ["correct AWS_ACCESS_KEY_ID"]),
    (400, refused("ThrottlingException"), ProviderUnavailable, ["ThrottlingException"]),
    (400, refused("RequestLimitExceeded"), ProviderUnavailable, ["RequestLimitExceeded"]),
    (429, refused("Anything"), ProviderUnavailable, ["HTTP 429"]),
    (500, refused("InternalServiceError"), ProviderUnavailable, ["InternalServiceError"]),
    (503, b"<html>pl4nted</html>", ProviderUnavailable, ["HTTP 503", "no answer of an AWS"]),
    (404, refused("UnknownOperationException"), ProviderRefused, ["UnknownOperation"]),
    (200, b"", ProviderUnavailable, ["HTTP 200"]),
    (200, b'{"SecretString": "pl4nted', ProviderUnavailable, ["HTTP 200"]),
    (200, b"[]", ProviderUnavailable, ["HTTP 200"]),
    (200, b"[" * 200_000, ProviderUnavailable, ["HTTP 200"]),
    (200, b'{"x": [' + b"1," * 100_000 + b"1]}", ProviderUnavailable, ["HTTP 200, no answer"]),
    (
        200,
        gzip.compress(b'{"SecretString": "{}"}', mtime=0),
        ProviderUnavailable,
        ["HTTP 200, no answer"],
    ),
    (200, b" " * 3_000_000, ProviderUnavailable, ["the answer is larger than"]),
    (200, {}, InvalidSecretData, ["it has no value: store a JSON object"]),
    (
        200,
        {"SecretBinary": "cGw0bnRlZA=="},
        InvalidSecretData,
        ["must be a JSON object", "/prod/db"],
    ),
    (200, {"SecretBinary": "pl4nted"}, ProviderUnavailable, ["a SecretBinary that is no base64"]),
    (200, {"SecretBinary": 5}, ProviderUnavailable, ["a SecretBinary that is no base64"]),
    (200, {"SecretBinary": "/w=="}, InvalidSecretData, ["no text in UTF-8: say format: binary"]),
    (200, {"SecretString": "pl4nted"}, InvalidSecretData, ["must be a JSON object", "/prod/db"]),
    (200, {"SecretString": '{"a": null}'}, InvalidSecretData, ["key 'a' is null"]),
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
    aws.will("GetSecretValue", status, body)

    with pytest.raises(JasmError) as caught:
        data.of([(REQUEST, provider.fetch("/prod/db"))])

    assert type(caught.value) is kind
    assert [part for part in said if part not in str(caught.value)] == []
    assert "pl4nted" not in str(caught.value)


def test_a_value_larger_than_aws_has_today_is_one(aws: FakeAws, provider: Provider) -> None:
    aws.will("GetSecretValue", 200, {"SecretString": "pl4nted" * 120_000})

    assert len(provider.fetch("/prod/db").content) == 840_000


def test_awss_wish_for_patience_is_kept(aws: FakeAws, provider: Provider) -> None:
    aws.will("GetSecretValue", 503, b"", {"Retry-After": "7"})

    with pytest.raises(ProviderUnavailable) as caught:
        provider.fetch("/prod/db")

    assert caught.value.retry_after == 7.0


def error_codes(service: str, operation: str) -> list[str]:
    model = botocore.session.get_session().get_service_model(service)
    return [
        shape.metadata.get("error", {}).get("code", shape.name)
        for shape in model.operation_model(operation).error_shapes
    ]


@pytest.mark.parametrize("code", error_codes("secretsmanager", "GetSecretValue"))
def test_every_error_of_the_services_own_model_has_its_row(
    aws: FakeAws, provider: Provider, code: str
) -> None:
    rows = {
        "ResourceNotFoundException": SecretNotFound,
        "InvalidParameterException": SecretRefused,
        "InvalidRequestException": SecretRefused,
        "DecryptionFailure": AccessDenied,
        "InternalServiceError": ProviderUnavailable,
    }
    aws.will("GetSecretValue", 500 if code == "InternalServiceError" else 400, refused(code))

    with pytest.raises(rows[code]):
        provider.fetch("/prod/db")
