"""The doctor on a pod whose secret is in Vault: what the pod has, and what a real OpenBao says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import jsonpatch
import pytest

from initsync.doctor import diagnoses
from initsync.doctor.diagnoses import Asker, Patient
from initsync.doctor.result import Result
from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.kube.reads import Reads
from initsync.network.transport import Network
from initsync.testing import manifests
from initsync.words import keys
from initsync.words.errors import ClusterForbidden
from initsync.words.model import JsonObject, PodRef, SyncRequest
from tests.openbao import program
from tests.openbao.server import Bao
from tests.openbao.world import World

DB = SyncRequest("vault", "secret/app/db", "db", PodRef("team", "web-1", "0b2a"))
THEIRS = DB._replace(secret_path="secret/theirs")
ANNOTATION = "provider: vault\npath: secret/app/db\nsecretName: db\n"
FILE = f"{keys.SERVICEACCOUNT_DIR}/vault-token"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Bao(program.of_tests(), tmp_path_factory.mktemp("openbao")) as bao:
        yield World(bao.initialise())


def pod(env: dict[str, str], *sources: JsonObject) -> JsonObject:
    """As the injector leaves it, with these variables and sources of a volume."""
    mount = {"name": "jasm-token", "mountPath": keys.SERVICEACCOUNT_DIR}
    listed = [{"name": name, "value": value} for name, value in env.items()]
    init = {"name": keys.CONTAINER, "env": listed, "volumeMounts": [mount]}
    volume = {"name": "jasm-token", "projected": {"sources": list(sources)}}
    metadata = {"name": "web-1", "namespace": "team", "uid": "0b2a"}
    spec = {"serviceAccountName": "app", "initContainers": [init], "volumes": [volume]}
    return {"metadata": metadata, "spec": spec}


def token(audience: str = "vault", path: str = "vault-token") -> JsonObject:
    named = {"audience": audience} if audience else {}
    return {"serviceAccountToken": {"path": path, **named}}


class Cluster:
    """Gives tokens of ServiceAccounts, as far as one may have them."""

    def __init__(self, world: World, allowed: bool = True) -> None:
        self._world, self._allowed = world, allowed
        self.asked: list[Any] = []

    def create(self, resource: object, namespace: str, body: JsonObject, name: str) -> JsonObject:
        self.asked.append((namespace, name, body["spec"].get("audiences")))
        if not self._allowed:
            raise ClusterForbidden("create a token", "forbidden (403)", "you may not have one")
        return {"status": {"token": self._world.issuer.token(name, namespace)}}


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network({}, lambda: 60.0, lambda _: None)
    yield made
    made.close()


def identity(found: JsonObject) -> Result:
    (result,) = diagnoses.identity([DB], Patient(found, None))
    return result


ADDRESS = {"VAULT_ADDR": "https://vault.example:8200"}


def test_a_pod_has_an_address_and_a_token() -> None:
    found = pod(ADDRESS | {"VAULT_NAMESPACE": "ns1", "JASM_VAULT_ROLE": "r"}, token())

    said = "https://vault.example:8200, namespace ns1: auth/kubernetes as role r, "
    assert identity(found) == Result("identity", "ok", f"{said}by a token for audience vault")


def test_a_pod_is_read_as_the_injector_leaves_it() -> None:
    made = manifests.pod("team", "web-1", {keys.ANNOTATION: ANNOTATION})
    tokens = (("vault-token", "audience-of-vault"),)
    chosen = InjectionSettings("i", env=tuple(ADDRESS.items()), tokens=tokens)

    found = jsonpatch.apply_patch(made, inject(made, "team", chosen).operations)

    assert identity(found).message.endswith("by a token for audience audience-of-vault")


def test_an_audience_of_the_api_servers_own_is_told() -> None:
    assert "the API server's own audience" in identity(pod(ADDRESS, token(""))).message


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        (pod({}, token()), 2, "VAULT_ADDR is not set"),
        (pod(ADDRESS | {"JASM_VAULT_KV": "9"}, token()), 2, "JASM_VAULT_KV is '9'"),
        (pod(ADDRESS), 4, f"no volume with a token for Vault is mounted at {FILE}"),
        (pod(ADDRESS, token(path="token")), 4, "no volume with a token"),
        (pod(ADDRESS | {"JASM_VAULT_TOKEN_FILE": "/x/t"}, token()), 4, "mounted at /x/t"),
    ],
)
def test_what_it_lacks_is_told(found: JsonObject, code: int, said: str) -> None:
    result = identity(found)

    assert (result.status, result.exit_code) == ("failed", code)
    assert said in result.message


def test_a_pod_that_was_not_injected_has_neither() -> None:
    found = pod(ADDRESS, token())
    found["spec"]["initContainers"] = []

    assert identity(found).status == "skipped"


def asked(
    world: World,
    network: Network,
    entry: SyncRequest,
    cluster: Cluster | None = None,
    **env: str,
) -> list[Result]:
    """As the pod where there is a cluster, else as the caller."""
    of_pod = {"VAULT_ADDR": world.bao.url, "JASM_VAULT_AUTH": "jwt"}
    of_pod["VAULT_CACERT"] = "/of/the/pod/ca.crt"
    mine = {"VAULT_ADDR": world.bao.url, "VAULT_CACERT": world.bao.ca_file, **env}
    reads = cast("Reads", cluster)
    asker = Asker(mine, reads, network, as_pod=cluster is not None)
    found = Patient(pod(of_pod, token()), None)
    return list(diagnoses.asked(asker, [entry], found))


def test_a_caller_reads_by_their_own_token(world: World, network: Network) -> None:
    who, secret = asked(world, network, DB, VAULT_TOKEN=world.bao.root)

    assert who == Result("cloud-identity", "ok", "you are root (policies root)")
    said = "secret/app/db has 2 keys: password, user, read by you; "
    said += "whether the pod may is asked by --as-pod"
    assert secret == Result("cloud-secret", "ok", said)


def test_a_caller_without_a_token_is_no_fault(
    world: World, network: Network, tmp_path: Path
) -> None:
    who, secret = asked(world, network, DB, HOME=str(tmp_path))

    assert (who.status, secret.status) == ("skipped", "skipped")
    assert "you have no Vault token that works" in who.message


@pytest.mark.parametrize(
    "mine", [{}, {"VAULT_ADDR": "https://127.0.0.1:1"}], ids=["none", "another"]
)
def test_a_callers_token_goes_to_no_address_that_a_pod_names(
    world: World, mine: dict[str, str]
) -> None:
    theirs = {"VAULT_ADDR": world.bao.url, "VAULT_CACERT_BYTES": world.bao.authority.pem}
    theirs["JASM_VAULT_REDIRECTS"] = "127.0.0.1"
    trace: list[str] = []
    network = Network({}, lambda: 5.0, trace.append)
    env = {"VAULT_TOKEN": world.bao.root, **mine}
    asker = Asker(env, cast("Reads", None), network, as_pod=False)

    results = list(diagnoses.asked(asker, [DB], Patient(pod(theirs, token()), None)))

    assert [it.status for it in results] == ["skipped", "skipped"]
    assert [line for line in trace if f":{world.bao.port}" in line] == []
    network.close()


def test_as_the_pod_the_very_requests_are_sent(world: World, network: Network) -> None:
    cluster, before = Cluster(world), world.bao.tokens()

    who, secret = asked(world, network, DB, cluster, VAULT_TOKEN="s.pl4nted")

    assert who.message == "the pod is jwt-system:serviceaccount:team:app (policies app, default)"
    assert secret.message == "secret/app/db has 2 keys: password, user, read as the pod"
    assert cluster.asked == [("team", "app", ["vault"])]
    assert world.bao.tokens() == before


def test_what_the_pod_may_not_read_fails(world: World, network: Network) -> None:
    who, secret = asked(world, network, THEIRS, Cluster(world))

    assert (who.status, secret.status, secret.exit_code) == ("ok", "failed", 4)
    assert 'path "secret/data/theirs"' in secret.message


def test_who_may_have_no_token_of_the_pod_is_told(world: World, network: Network) -> None:
    results = asked(world, network, DB, Cluster(world, allowed=False))

    assert [it.status for it in results] == ["skipped", "skipped"]
    assert results[0].message == "you may not have one"


def test_a_pod_with_another_role_is_asked_about_with_the_same_token(
    world: World, network: Network
) -> None:
    own = DB._replace(selection=DB.selection._replace(options=(("role", "wide"),)))
    of_pod = {"VAULT_ADDR": world.bao.url, "JASM_VAULT_AUTH": "jwt", "JASM_VAULT_FIELDS": "role"}
    asker = Asker(
        {"VAULT_CACERT": world.bao.ca_file}, cast("Reads", Cluster(world)), network, as_pod=True
    )

    results = list(diagnoses.asked(asker, [own], Patient(pod(of_pod, token()), None)))

    assert [it.status for it in results] == ["ok", "ok"]
