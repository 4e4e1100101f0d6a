"""What every provider promises: those of the table, and one of this test's own."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from initsync import providers
from initsync.network.transport import Network
from initsync.providers import Modules
from initsync.providers.interface import SecretProvider
from initsync.words.errors import JasmError

UNREACHABLE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIA1",
    "AWS_SECRET_ACCESS_KEY": "pl4nted-key",
    "VAULT_ADDR": "http://127.0.0.1:1",
    "JASM_VAULT_ROLE": "app",
    "JASM_VAULT_TOKEN_FILE": str(Path(__file__).with_name("vault") / "token.txt"),
    "AZURE_AUTHORITY_HOST": "https://127.0.0.1:1",
    "AZURE_CLIENT_ID": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555",
    "AZURE_FEDERATED_TOKEN_FILE": str(Path(__file__).with_name("azure") / "token.txt"),
    "JASM_AZURE_VAULT_SUFFIX": "vault.example.test",
    "GCE_METADATA_HOST": "127.0.0.1:1",
}


OWN = "tests.initsync.providers.shelf"


@pytest.fixture(params=[*providers.names(), "shelf"])
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(providers.PROVIDERS, "shelf", Modules(OWN, OWN))
    return str(request.param)


@pytest.fixture
def provider(name: str) -> SecretProvider:
    network = Network({}, lambda: 60.0, lambda _: None)
    return providers.load(name)(UNREACHABLE, time.time, network)


def test_the_data_models_provider_is_there() -> None:
    assert "aws-secretsmanager" in providers.names()


@pytest.mark.parametrize("name", ["os", "..aws.api", "", "aws_secretsmanager", "__init__"])
def test_only_a_listed_name_is_ever_imported(name: str) -> None:
    with pytest.raises(LookupError):
        providers.load(name)


def test_its_name_is_that_of_the_table(provider: SecretProvider, name: str) -> None:
    assert provider.name == name


@pytest.mark.parametrize("path", ["", " ", "a\nb", "a\x00", "x" * 100_000])
def test_a_path_that_cannot_be_one_is_refused_with_a_rule(name: str, path: str) -> None:
    assert str(providers.check_path(name, path)).startswith("must ")


def test_the_data_models_path_is_one(name: str) -> None:
    assert providers.check_path(name, "/prod/codnod/config") is None


def test_its_rule_of_paths_loads_no_network_code(name: str) -> None:
    code = f"import sys, {providers.PROVIDERS[name].paths}; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()

    assert [it for it in loaded if it.startswith(("initsync.network", "socket", "ssl"))] == []


def test_what_fails_is_a_row_of_the_table_and_shows_no_secret(provider: SecretProvider) -> None:
    with pytest.raises(JasmError) as caught:
        provider.fetch("/prod/codnod/config")

    assert caught.value.transient
    assert "pl4nted" not in f"{caught.value} {caught.value!r} {provider!r}"


def test_who_asks_is_asked_of_the_cloud_and_fails_alike(provider: SecretProvider) -> None:
    with pytest.raises(JasmError) as caught:
        provider.whoami("/prod/codnod/config")

    assert caught.value.transient
    assert "pl4nted" not in f"{caught.value} {caught.value!r}"
