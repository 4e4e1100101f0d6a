"""moto as a process: secrets, web identities, and calls counted exactly."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from initsync.testing.aws import AwsError, AwsServer


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as server:
        yield server


def client(aws: AwsServer, service: str, **keys: str) -> Any:
    credentials = keys or {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    return boto3.client(
        service,
        endpoint_url=aws.url,
        region_name=aws.region,
        config=Config(retries={"total_max_attempts": 1}),
        **credentials,
    )


def test_a_secret_is_read_with_a_web_identitys_credentials(aws: AwsServer) -> None:
    aws.put_secret("/app/one", {"K": "v"})
    taken = client(aws, "sts").assume_role_with_web_identity(
        RoleArn=aws.role_arn("app"), RoleSessionName="test", WebIdentityToken="t" * 20
    )["Credentials"]
    manager = client(
        aws,
        "secretsmanager",
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )

    assert json.loads(manager.get_secret_value(SecretId="/app/one")["SecretString"]) == {"K": "v"}


def test_a_rotation_is_seen_at_once(aws: AwsServer) -> None:
    aws.put_secret("/app/two", "first")
    aws.rotate("/app/two", "second")

    manager = client(aws, "secretsmanager")

    assert manager.get_secret_value(SecretId="/app/two")["SecretString"] == "second"


def test_calls_are_counted_by_action(aws: AwsServer) -> None:
    aws.put_secret("/app/three", "v")
    before = aws.calls()

    for _ in range(2):
        client(aws, "secretsmanager").get_secret_value(SecretId="/app/three")
    client(aws, "sts").assume_role_with_web_identity(
        RoleArn=aws.role_arn("app"), RoleSessionName="test", WebIdentityToken="t" * 20
    )

    assert aws.calls() - before == {"GetSecretValue": 2, "AssumeRoleWithWebIdentity": 1}


@pytest.mark.parametrize("times", [1, 2])
def test_an_action_can_be_refused_a_number_of_times(aws: AwsServer, times: int) -> None:
    aws.put_secret(f"/app/refused-{times}", "v")
    manager = client(aws, "secretsmanager")
    aws.refuse("GetSecretValue", "ThrottlingException", "slow down", times=times)

    for _ in range(times):
        with pytest.raises(ClientError) as caught:
            manager.get_secret_value(SecretId=f"/app/refused-{times}")
        assert caught.value.response["Error"]["Code"] == "ThrottlingException"

    assert manager.get_secret_value(SecretId=f"/app/refused-{times}")["SecretString"] == "v"


def test_an_action_is_refused_to_who_asks_for_one_secret_alone(aws: AwsServer) -> None:
    aws.put_secret("/app/refused", "v")
    aws.put_secret("/app/given", "v")
    manager = client(aws, "secretsmanager")
    aws.refuse("GetSecretValue", "ThrottlingException", "slow down", naming="/app/refused")

    assert manager.get_secret_value(SecretId="/app/given")["SecretString"] == "v"
    with pytest.raises(ClientError):
        manager.get_secret_value(SecretId="/app/refused")


def test_sts_is_refused_in_its_own_form(aws: AwsServer) -> None:
    aws.refuse("AssumeRoleWithWebIdentity", "AccessDenied", "not <you>", status=403)

    with pytest.raises(ClientError) as caught:
        client(aws, "sts").assume_role_with_web_identity(
            RoleArn=aws.role_arn("app"), RoleSessionName="test", WebIdentityToken="t" * 20
        )

    error = caught.value.response
    assert error["Error"]["Code"] == "AccessDenied"
    assert error["Error"]["Message"] == "not <you>"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_rotating_what_is_not_there_is_an_error(aws: AwsServer) -> None:
    with pytest.raises(AwsError, match="PutSecretValue: ResourceNotFoundException"):
        aws.rotate("/app/none", "v")
