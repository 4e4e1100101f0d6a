"""Three nodes of OpenBao: standbys that lag behind, and a leader that is killed."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.network.transport import Network
from initsync.providers.vault.kv import Provider
from initsync.sync.retry import Retry
from initsync.sync.settings import SyncSettings
from initsync.sync.upsert import sync
from initsync.testing.pki import Authority
from initsync.words import keys
from initsync.words.errors import ProviderUnavailable
from initsync.words.model import PodRef, SyncRequest, Target
from tests.full import only_in_full
from tests.initsync.sync.one_secret import Cluster
from tests.openbao import program
from tests.openbao.issuer import Issuer
from tests.openbao.server import Bao
from tests.openbao.world import BOUND
from tests.polling import until

pytestmark = [only_in_full, pytest.mark.timeout(300)]

DB = "secret/app/db"
TIMES = 100
_RAFT = """storage "raft" {{
  path = "{path}"
  node_id = "{name}"
  performance_multiplier = 1
}}"""
Nodes = tuple[Bao, Bao, Bao]
Asking = Callable[[Bao], Provider]


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """The leader first; all of them vote."""
    found, authority = program.of_tests(), Authority(tmp_path)
    made: list[Bao] = []

    def node(name: str) -> Bao:
        path = tmp_path / f"raft-{name}"
        path.mkdir()
        storage = _RAFT.format(path=path, name=name)
        made.append(Bao(found, tmp_path, authority, name=name, storage=storage))
        return made[-1]

    try:
        leader = node("one").initialise()
        stable = {"server_stabilization_time": "1s", "cleanup_dead_servers": False}
        autopilot = "sys/storage/raft/autopilot/configuration"
        until(lambda: leader.request("POST", autopilot, stable, leader.root).status == 204)
        for name in ("two", "three"):
            joining = node(name)
            joining.root, joining.unseal_key = leader.root, leader.unseal_key
            join = {"leader_api_addr": leader.url, "leader_ca_cert": authority.pem}
            joining.request("POST", "sys/storage/raft/join", join)
            joining.unseal()
        until(lambda: voters(leader) == 3, "three nodes vote", 60)
        yield made[0], made[1], made[2]
    finally:
        for each in made:
            each.close()


def voters(leader: Bao) -> int:
    answer = leader.admin("GET", "sys/storage/raft/configuration")
    return sum(it["voter"] for it in answer["data"]["config"]["servers"])


@pytest.fixture
def asking(nodes: Nodes, tmp_path: Path) -> Iterator[Asking]:
    """A provider that knows one node only."""
    leader, issuer = nodes[0], Issuer()
    leader.mount("secret", "kv", version="2")
    until(lambda: leader.request("POST", _data, _value(0), leader.root).status == 200)
    leader.mount("auth/jwt", "jwt")
    leader.admin("POST", "auth/jwt/config", {"jwt_validation_pubkeys": [issuer.public]})
    leader.admin("POST", "auth/jwt/role/app", BOUND)
    leader.policy("app", "secret/data/app/*")
    (tmp_path / "token").write_text(issuer.token())
    network = Network({}, lambda: 60.0, lambda _: None)

    def made(node: Bao) -> Provider:
        env = {"VAULT_ADDR": node.url, "VAULT_CACERT": node.ca_file, "JASM_VAULT_AUTH": "jwt"}
        env["JASM_VAULT_TOKEN_FILE"] = str(tmp_path / "token")
        return Provider(env, time.time, network)

    yield made
    network.close()


_data = "secret/data/app/db"


def _value(number: int) -> dict[str, dict[str, str]]:
    return {"data": {"number": str(number)}}


def test_no_answer_of_a_standby_takes_a_newer_value_back(nodes: Nodes, asking: Asking) -> None:
    leader, standby, _ = nodes
    first, second = asking(leader), asking(standby)
    until(lambda: number_of(second) == 1, "the standby knows the role")
    cluster, stale = Cluster(), 0

    for number in range(TIMES):
        leader.admin("POST", _data, _value(number))
        synced(cluster, first)
        before = version(cluster)
        stale += 0 < number_of(second) < before
        leader.admin("POST", _data, _value(number + TIMES))
        synced(cluster, first)
        before = version(cluster)

        synced(cluster, second)

        assert version(cluster) >= before

    assert stale, "no answer was old: this run says nothing"


def number_of(provider: Provider) -> int:
    """The version that it gives; 0 where it gives none now."""
    try:
        return int(provider.fetch(DB).version)
    except ProviderUnavailable:
        return 0


def synced(cluster: Cluster, provider: Provider) -> None:
    retry = Retry(time.monotonic, time.sleep, lambda: 0.5, time.monotonic() + 60, lambda _: None)
    target = Target((SyncRequest("vault", DB, "db", PodRef("shop", "web-1", "0b2a")),))
    sync(target, lambda _: provider, cluster, retry, time.time, SyncSettings(propagation_delay=0))


def version(cluster: Cluster) -> int:
    assert cluster.stored
    return int(cluster.stored["metadata"]["annotations"][keys.VERSION])


def test_while_a_leader_is_elected_another_try_helps(nodes: Nodes, asking: Asking) -> None:
    leader, standby, _ = nodes
    until(lambda: asking(standby).fetch(DB).version == "1", "the standby knows the role")
    said: set[str] = set()

    leader.process.stop()

    def served() -> bool:
        try:
            return asking(standby).fetch(DB).version == "1"
        except ProviderUnavailable as error:
            said.add(error.detail)
            return False

    until(served, "another one leads", 60, pause=0.1)
    assert any("Connection refused" in it for it in said), said
