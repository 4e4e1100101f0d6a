"""The loopback Azure, served, and a provider that asks it by its proxy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.network.transport import Network
from initsync.providers.azure.keyvault import Provider
from initsync.testing.pki import Authority
from tests.initsync.providers.azure.fake_azure import NOW, FakeAzure

Make = Callable[..., Provider]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("azure-ca"))


@pytest.fixture
def azure(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeAzure]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    with FakeAzure(authority, tmp_path) as fake:
        yield fake


@pytest.fixture
def network(azure: FakeAzure) -> Iterator[Network]:
    found = Network({"https_proxy": azure.url}, lambda: 60.0, lambda _: None)
    yield found
    found.close()


@pytest.fixture
def make(azure: FakeAzure, network: Network) -> Make:
    """A provider of a pod that has what the webhook gives it, and `env`."""
    return lambda **env: Provider(azure.env | env, lambda: float(NOW), network)
