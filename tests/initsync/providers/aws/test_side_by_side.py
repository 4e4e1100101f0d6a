"""Many secrets at once: one identity, and one connection to a host."""

import threading
from pathlib import Path

import pytest

from initsync.network.transport import Network
from initsync.providers.aws.secretsmanager import Provider
from initsync.words.errors import JasmError
from initsync.words.model import ExternalSecret
from tests.initsync.fake_aws import FakeAws

ARN = "arn:aws:secretsmanager:{}:123456789012:secret:db-AbCdEf"


@pytest.fixture
def network() -> Network:
    return Network({}, lambda: 10.0, lambda _: None)


@pytest.fixture
def provider(aws: FakeAws, network: Network, tmp_path: Path) -> Provider:
    (tmp_path / "token").write_text("t")
    irsa = {"AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    return Provider(irsa | aws.env, lambda: 1_761_300_000.0, network)


def fetched(provider: Provider, *paths: str) -> list[ExternalSecret | JasmError]:
    """All at once."""
    start = threading.Barrier(len(paths), timeout=10)
    found: list[ExternalSecret | JasmError] = []

    def fetch(path: str) -> None:
        start.wait()
        try:
            found.append(provider.fetch(path))
        except JasmError as error:
            found.append(error)

    threads = [threading.Thread(target=fetch, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return found


def test_one_identity_is_asked_for_and_one_connection_is_opened(
    aws: FakeAws, network: Network, provider: Provider
) -> None:
    aws.will_assume()
    aws.will("GetSecretValue", 200, {"SecretString": "{}"})

    found = fetched(provider, *(f"/prod/{number}" for number in range(20)))

    assert all(isinstance(it, ExternalSecret) for it in found)
    assert sorted(aws.actions()) == ["AssumeRoleWithWebIdentity", *["GetSecretValue"] * 20]
    assert len(network.connections) == 1
    network.close()


def test_an_identity_that_was_asked_for_early_is_kept(
    aws: FakeAws, network: Network, provider: Provider
) -> None:
    aws.will_assume()
    aws.will("GetSecretValue", 200, {"SecretString": "{}"})

    provider.prepare("/prod/0")
    provider.fetch("/prod/1")

    assert aws.actions() == ["AssumeRoleWithWebIdentity", "GetSecretValue"]
    network.close()


def test_each_region_is_a_place_of_its_own(aws: FakeAws, network: Network, tmp_path: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted-key"}
    provider = Provider(keys | aws.env, lambda: 1_761_300_000.0, network)
    aws.will("GetSecretValue", 200, {"SecretString": "{}"})

    fetched(provider, ARN.format("eu-west-1"), ARN.format("ap-south-1"), ARN.format("us-east-1"))

    signed = {headers["authorization"].split("/")[2] for _, headers, _ in aws.asked}
    assert signed == {"eu-west-1", "ap-south-1", "us-east-1"}
    network.close()


def test_an_identity_that_is_refused_is_each_ones_own_failure(
    aws: FakeAws, network: Network, provider: Provider
) -> None:
    aws.will("AssumeRoleWithWebIdentity", 403, "<Error><Code>AccessDenied</Code></Error>")

    found = fetched(provider, "/a", "/b", "/c")

    assert [isinstance(it, JasmError) for it in found] == [True] * 3
    assert "GetSecretValue" not in aws.actions()
    network.close()
