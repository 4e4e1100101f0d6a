"""AWS Parameter Store as moto has it: kinds, versions, labels, ARNs and pages of real size."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from initsync.network.transport import Network
from initsync.providers.aws.parameterstore import Provider
from initsync.testing.aws import ACCOUNT, AwsServer
from initsync.words.errors import SecretNotFound

ENV = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted-key"}
REGION = "eu-central-1"


@pytest.fixture(scope="module")
def server() -> Iterator[AwsServer]:
    with AwsServer(REGION) as server:
        ssm = client(server)
        put(ssm, "/prod/db/user", "app", "String")
        put(ssm, "/prod/db/hosts", "a,b", "StringList")
        for number in (1, 2, 3):
            put(ssm, "/prod/db/password", f"pl4nted-{number}")
        ssm.label_parameter_version(Name="/prod/db/password", ParameterVersion=2, Labels=["old"])
        put(ssm, "/prod/deep/er/x", "pl4nted-deep")
        put(ssm, "/production/y", "pl4nted-other")
        put(ssm, "plain", '{"a": "pl4nted"}')
        for number in range(25):
            put(ssm, f"/many/p{number:02}", f"pl4nted-{number}")
        ssm.close()
        yield server


def client(server: AwsServer) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    return boto3.client("ssm", endpoint_url=server.url, region_name=REGION, **keys)


def put(ssm: Any, name: str, value: str, kind: str = "SecureString") -> None:
    ssm.put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)


@pytest.fixture
def provider(server: AwsServer) -> Iterator[Provider]:
    network = Network({}, lambda: 60.0, lambda _: None)
    env = ENV | {"AWS_ENDPOINT_URL": server.url, "AWS_REGION": REGION}
    yield Provider(env, lambda: 1_761_300_000.0, network)
    network.close()


def test_all_kinds_below_a_path_come_decrypted_and_the_neighbours_do_not(
    provider: Provider,
) -> None:
    assert provider.fetch("/prod/").content == {
        "db_hosts": "a,b",
        "db_password": "pl4nted-3",
        "db_user": "app",
        "deep_er_x": "pl4nted-deep",
    }


def test_more_than_one_page_is_read(provider: Provider, server: AwsServer) -> None:
    before = server.calls()

    found = provider.fetch("/many/").content

    assert found == {f"p{number:02}": f"pl4nted-{number}" for number in range(25)}
    assert (server.calls() - before) == {"GetParametersByPath": 3}


@pytest.mark.parametrize(("version", "number"), [("", "3"), ("1", "1"), ("old", "2"), ("3", "3")])
def test_a_version_is_read_by_number_and_label(
    provider: Provider, version: str, number: str
) -> None:
    found = provider.fetch("/prod/db/password", version)

    assert (found.content, found.version) == (f"pl4nted-{number}", number)


@pytest.mark.parametrize("path", ["plain", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/plain"])
def test_a_name_without_a_slash_and_its_arn_are_one_parameter(
    provider: Provider, path: str
) -> None:
    assert provider.fetch(path).content == '{"a": "pl4nted"}'


@pytest.mark.parametrize(
    ("path", "version"),
    [("/none", ""), ("/none/", ""), ("/prod/db/password", "9"), ("/prod/db/password", "blue")],
)
def test_what_is_not_there_is_not_found(provider: Provider, path: str, version: str) -> None:
    with pytest.raises(SecretNotFound):
        provider.fetch(path, version)
