"""What AWS Secrets Manager is asked, by which keys, and in which region."""

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

from initsync import __version__
from initsync.providers.aws.secretsmanager import Provider
from initsync.sync import data
from initsync.words.errors import InvalidSetup
from initsync.words.model import ExternalSecret
from tests.initsync.fake_aws import FakeAws
from tests.initsync.providers.aws.secretsmanager_side import (
    ARN,
    NETWORK,
    NOW,
    REQUEST,
    STATIC,
    asking,
)


@pytest.fixture
def provider(aws: FakeAws) -> Iterator[Provider]:
    with asking(aws) as built:
        yield built


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
