"""The loopback Google, served, and a provider that asks it by its proxy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.network.transport import Network
from initsync.providers.gcp.secretmanager import Provider
from initsync.testing.pki import Authority
from tests.initsync.providers.gcp.fake_gcp import NOW, FakeGcp

Make = Callable[..., Provider]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("gcp-ca"))


@pytest.fixture
def gcp(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGcp]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    with FakeGcp(authority, tmp_path) as fake:
        yield fake


@pytest.fixture
def network(gcp: FakeGcp) -> Iterator[Network]:
    proxies = {"https_proxy": gcp.url, "http_proxy": "http://127.0.0.1:1"}
    found = Network(proxies, lambda: 60.0, lambda _: None)
    yield found
    found.close()


@pytest.fixture
def make(gcp: FakeGcp, network: Network) -> Make:
    """A provider of a pod on GKE; with `env` of a configuration file, of one elsewhere."""
    return lambda **env: Provider(gcp.env | env, lambda: float(NOW), network)
