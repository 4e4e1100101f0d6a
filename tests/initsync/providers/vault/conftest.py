"""A real OpenBao and a pod that may ask it, and what stands in for Vault."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.network.transport import Network
from initsync.providers.vault.kv import Provider
from tests.initsync.providers.vault.standin import StandIn
from tests.openbao import program
from tests.openbao.server import Bao
from tests.openbao.world import World

Asking = Callable[..., Provider]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One a test process. OPENBAO=skip leaves its tests out."""
    found = program.of_tests()
    with Bao(found, tmp_path_factory.mktemp("openbao")) as bao:
        yield World(bao.initialise())


@pytest.fixture
def vault() -> Iterator[StandIn]:
    """It answers with what a test gives it."""
    with StandIn() as server:
        yield server


@pytest.fixture
def trace() -> list[str]:
    """A line for each request."""
    return []


@pytest.fixture
def asking(world: World, tmp_path: Path, trace: list[str]) -> Iterator[Asking]:
    """A provider of a pod of ServiceAccount team/app; variables go before those of all."""
    network = Network({}, lambda: 60.0, trace.append)

    def made(token: str = "", *, sdk: bool = False, **env: str) -> Provider:
        file = tmp_path / "vault-token"
        file.write_text(token or world.issuer.token())
        usual = {
            "VAULT_ADDR": world.bao.url,
            "VAULT_CACERT": world.bao.ca_file,
            "JASM_VAULT_AUTH": "jwt",
            "JASM_VAULT_TOKEN_FILE": str(file),
            "HOME": str(tmp_path),
        }
        return Provider(usual | env, time.time, network, sdk)

    yield made
    network.close()
