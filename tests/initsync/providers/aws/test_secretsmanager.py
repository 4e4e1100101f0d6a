"""AWS Secrets Manager: what is asked, and every answer as a row of the failure table."""

import datetime
import gc
import gzip
import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import botocore.auth
import botocore.session
import pytest
from botocore.config import Config

from initsync import __version__
from initsync.network.transport import Network
from initsync.providers.aws.secretsmanager import Provider
from initsync.sync import data
from initsync.words.errors import (
    AccessDenied,
    InvalidSecretData,
    InvalidSetup,
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
STATIC = {
    "AWS_ACCESS_KEY_ID": "AKIA1",
    "AWS_SECRET_ACCESS_KEY": "pl4nted-key",
    "AWS_SESSION_TOKEN": "pl4nted-token",
}
ARN = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:prod/db-AbCdEf"
REQUEST = SyncRequest("aws-secretsmanager", "/prod/db", "db", PodRef("shop", "web-1", "0b2a"))


@pytest.fixture
def provider(aws: FakeAws) -> Iterator[Provider]:
    built = Provider(STATIC | aws.env, lambda: NOW, NETWORK)
    yield built
    for connection in built._asker.services.connections.values():
        connection.close()
    gc.collect()


def refused(code: str, message: str = "because") -> dict[str, str]:
    return {"__type": f"com.amazonaws.secretsmanager#{code}", "Message": message}


def test_one_request_gives_the_secret(aws: FakeAws, provider: Provider) -> None:
    answer = {"SecretString": '{"user": "u", "port": 5432}', "VersionId": "5f2e1c09"}
    aws.will("GetSecretValue", 200, answer)

    found = provider.fetch("/prod/db")

    text = answer["SecretString"]
    assert found == ExternalSecret(text, "/prod/db", "aws-secretsmanager", "5f2e1c09")
    assert data.of([(REQUEST, found)]) == {"user": "u", "port": "5432"}
    assert aws.actions() == ["GetSecretValue"]


def test_the_current_version_is_asked_for_by_its_name(aws: FakeAws, provider: Provider) -> None:
    aws.will("GetSecretValue", 200, {"SecretString": '{"a": ""}'})

    provider.fetch("/prod/db")

    ((_, headers, body),) = aws.asked
    assert json.loads(body) == {"SecretId": "/prod/db", "VersionStage": "AWSCURRENT"}
    assert headers["user-agent"] == f"jasm-init/{__version__}"
    assert "user-agent" not in headers["authorization"]  # botocore signs without it


@pytest.mark.parametrize(
    ("region", "signed"), [("fips-us-east-1", "us-east-1"), ("us-gov-west-1-fips", "us-gov-west-1")]
)
def test_an_alias_of_a_region_is_signed_for_the_region(
    aws: FakeAws, region: str, signed: str
) -> None:
    aws.will("GetSecretValue", 200, {"SecretString": '{"a": ""}'})
    provider = Provider(STATIC | aws.env | {"AWS_REGION": region}, lambda: NOW, NETWORK)

    provider.fetch("/prod/db")

    assert f"/{signed}/secretsmanager/aws4_request" in aws.asked[0][1]["authorization"]
    for connection in provider._asker.services.connections.values():
        connection.close()
    gc.collect()


def test_keys_that_a_role_gave_are_old_and_not_mistyped(aws: FakeAws, tmp_path: Any) -> None:
    (tmp_path / "token").write_text("t")
    irsa = {"AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    aws.will_assume()
    aws.will("GetSecretValue", 400, refused("InvalidSignatureException"))
    provider = Provider(irsa | aws.env, lambda: NOW, NETWORK)

    with pytest.raises(NoIdentity, match="they may have expired: delete the pod to begin anew"):
        provider.fetch("/prod/db")

    for connection in provider._asker.services.connections.values():
        connection.close()
    gc.collect()


@pytest.mark.parametrize("path", ["/prod/db", "prod/db-AbCdEf", "rds!cluster-1", ARN])
def test_botocore_would_send_the_same(aws: FakeAws, provider: Provider, path: str) -> None:
    aws.will("GetSecretValue", 200, {"SecretString": '{"a": ""}'})
    region = "ap-south-1" if path == ARN else "eu-west-1"
    client = botocore.session.get_session().create_client(
        "secretsmanager",
        region,
        endpoint_url=aws.env["AWS_ENDPOINT_URL"],
        aws_access_key_id=STATIC["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=STATIC["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=STATIC["AWS_SESSION_TOKEN"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    frozen = datetime.datetime.fromtimestamp(NOW, datetime.UTC).replace(tzinfo=None)

    provider.fetch(path)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=frozen):
        client.get_secret_value(SecretId=path, VersionStage="AWSCURRENT")
    client.close()

    (_, ours, our_body), (_, theirs, their_body) = aws.asked
    assert our_body == their_body
    for header in ("x-amz-target", "x-amz-date", "x-amz-security-token", "content-type", "host"):
        assert ours[header] == theirs[header]
    # botocore signs the same headers, so the signatures must agree to the last digit
    assert ours["authorization"] == theirs["authorization"]


def test_credentials_and_connection_are_kept_between_calls(aws: FakeAws, tmp_path: Any) -> None:
    (tmp_path / "token").write_text("t")
    irsa = {"AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    aws.will_assume()
    aws.will("GetSecretValue", 200, {"SecretString": '{"a": ""}'})
    provider = Provider(irsa | aws.env, lambda: NOW, NETWORK)

    provider.fetch("/a")
    provider.fetch("/b")

    assert aws.actions() == ["AssumeRoleWithWebIdentity", "GetSecretValue", "GetSecretValue"]
    assert len(set(map(id, provider._asker.services.connections.values()))) == 1
    provider._asker.services.connections["sts", "eu-west-1"].close()
    gc.collect()


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


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({}, "no AWS region for /prod/db: none of AWS_REGION, AWS_DEFAULT_REGION is set"),
        ({"AWS_REGION": "evil.example/"}, "'evil.example/' is no AWS region"),
    ],
)
def test_a_region_is_needed_and_checked(env: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidSetup, match=sentence):
        Provider(env, lambda: NOW, NETWORK).fetch("/prod/db")


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("Fri, 24 Oct 2025 10:07:12 GMT", "the clock here is 7m 12s behind AWS's"),
        ("Fri, 24 Oct 2025 07:59:00 GMT", "the clock here is 2h 1m ahead of AWS's"),
        ("Fri, 24 Oct 2025 10:00:30 GMT", "a space or line break in the key"),
        ("yesterday", "a space or line break in the key"),
    ],
)
def test_a_clock_that_is_off_is_told_with_its_distance(
    aws: FakeAws, provider: Provider, date: str, said: str
) -> None:
    aws.will("GetSecretValue", 400, refused("InvalidSignatureException"), {"Date": date})

    with pytest.raises(NoIdentity, match=said):
        provider.fetch("/prod/db")


def test_a_person_whose_login_has_ended_is_told_to_log_in(
    aws: FakeAws, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "_sdk", True)
    aws.will("GetSecretValue", 400, refused("ExpiredTokenException"))

    with pytest.raises(NoIdentity, match="they may have expired: log in again, such as by aws sso"):
        provider.fetch("/prod/db")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("prod/my-secret", False),
        (f"{ARN.removesuffix('db-AbCdEf')}my-secret", True),
        (ARN.removesuffix("-AbCdEf"), False),
    ],
)
def test_a_partial_arn_whose_end_looks_like_awss_own_is_told(
    aws: FakeAws, provider: Provider, path: str, told: bool
) -> None:
    aws.will("GetSecretValue", 400, refused("ResourceNotFoundException", "can't find it"))

    with pytest.raises(SecretNotFound) as caught:
        provider.fetch(path)

    hint = (
        "AWS takes the path's end -secret for its own: if it is of the name, give the complete "
        "ARN, or the name"
    )
    assert (hint in str(caught.value)) == told


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


@pytest.mark.threat("A cloud role is compromised")
def test_a_region_of_the_environment_cannot_lead_a_token_elsewhere(tmp_path: Any) -> None:
    (tmp_path / "token").write_text("pl4nted-token")
    env = {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_REGION": "evil.test/x",
    }

    with pytest.raises(InvalidSetup, match=r"'evil\.test/x' is no AWS region"):
        Provider(env, lambda: NOW, NETWORK).fetch(ARN)
