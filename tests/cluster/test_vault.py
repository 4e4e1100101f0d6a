"""OpenBao's Kubernetes auth: each login is a TokenReview by the real API server."""

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonpatch
import pytest

from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.network.transport import Network
from initsync.providers.vault.kv import Provider
from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane
from initsync.testing.podrun import run_container
from initsync.words import keys
from initsync.words.errors import AccessDenied
from initsync.words.model import JsonObject
from tests.cluster.shop import Shop
from tests.full import only_in_full
from tests.openbao import kubernetes, program
from tests.openbao.server import Bao
from tests.polling import until

DB = "secret/app/db"
_CACHED = 10.0  # seconds for which the API server keeps a review of a good token
Asking = Callable[..., Provider]


@pytest.fixture(scope="module")
def bao(real_api: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """It has an auth method for each way to review, with a role for any ServiceAccount `app`."""
    reviews = {"token_reviewer_jwt": kubernetes.reviewer(real_api)}
    poor = {"token_reviewer_jwt": kubernetes.reviewer(real_api, "poor", may=False)}
    with Bao(program.of_tests(), tmp_path_factory.mktemp("openbao")) as server:
        server.initialise().mount("secret", "kv", version="2")
        server.put(DB, {"user": "u", "password": "pl4nted"})
        server.policy("app", "secret/data/app/*")
        kubernetes.auth(server, real_api, **reviews)
        kubernetes.auth(server, real_api, "poor", **poor)
        other_ca = {"kubernetes_ca_cert": server.authority.pem}
        kubernetes.auth(server, real_api, "stranger", **reviews, **other_ca)
        kubernetes.auth(server, real_api, "itself")
        server.admin("POST", "auth/itself/role/app", {"audience": "", **kubernetes.ROLE})
        yield server


@pytest.fixture
def place(real_api: ControlPlane) -> str:
    """A namespace with the ServiceAccounts app and other."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    real_api.create_namespace(name)
    for account in ("app", "other"):
        real_api.create_service_account(name, account)
    return name


@pytest.fixture
def asking(bao: Bao, tmp_path: Path) -> Iterator[Asking]:
    """A provider that logs in with a token."""
    network = Network({}, lambda: 60.0, lambda _: None)

    def made(token: str, **env: str) -> Provider:
        (tmp_path / "token").write_text(token)
        usual = {"VAULT_ADDR": bao.url, "VAULT_CACERT": bao.ca_file, "JASM_VAULT_ROLE": "app"}
        usual["JASM_VAULT_TOKEN_FILE"] = str(tmp_path / "token")
        return Provider(usual | env, time.time, network)

    yield made
    network.close()


def test_a_pod_gets_its_secret(
    bao: Bao, real_api: ControlPlane, aws: AwsServer, place: str
) -> None:
    """With the platform's variables, and a token for Vault, as the injector gives them."""
    shop = Shop(real_api, place, aws)
    env = (("VAULT_ADDR", bao.url), ("VAULT_CACERT_BYTES", bao.authority.pem))
    chosen = InjectionSettings("i", env=env, tokens=(("vault-token", "vault"),))
    text = f"provider: vault\npath: {DB}\nsecretName: db\n"
    pod = manifests.pod(place, "web-1", {keys.ANNOTATION: text})
    pod["spec"]["serviceAccountName"] = "app"
    pod = real_api.create(jsonpatch.apply_patch(pod, inject(pod, place, chosen).operations))
    before = bao.tokens()

    ended = run_container(real_api, pod, keys.CONTAINER)

    assert ended.exit_code == 0, ended.stderr
    assert shop.values() == {"user": "u", "password": "pl4nted"}
    (event,) = shop.events(pod)
    said = f"Secret db created with 2 keys from vault {DB} (version 1)"
    assert (event["reason"], event["message"]) == ("SecretSynced", said)
    assert bao.tokens() == before


def test_another_service_account_is_refused(
    real_api: ControlPlane, place: str, asking: Asking
) -> None:
    token = real_api.create_token(place, "other", audience="vault")

    with pytest.raises(AccessDenied, match="name this ServiceAccount and its namespace"):
        asking(token).fetch(DB)


def test_a_token_for_the_api_server_is_refused(
    real_api: ControlPlane, place: str, asking: Asking
) -> None:
    with pytest.raises(AccessDenied, match="make that the role's audience"):
        asking(real_api.create_token(place, "app")).fetch(DB)


@pytest.mark.parametrize("mount", ["poor", "stranger"])
def test_a_review_that_vault_cannot_have_looks_like_a_bad_token(
    real_api: ControlPlane, place: str, asking: Asking, mount: str
) -> None:
    token = real_api.create_token(place, "app", audience="vault")

    for sent in (token, token[:-8] + "AAAAAAAA"):
        with pytest.raises(AccessDenied, match="may its reviewer create TokenReviews"):
            asking(sent, JASM_VAULT_AUTH=mount).fetch(DB)


def test_a_vault_without_a_reviewer_needs_a_token_that_the_api_server_takes(
    real_api: ControlPlane, place: str, asking: Asking
) -> None:
    kubernetes.may_review(real_api, place, "app")
    theirs = real_api.create_token(place, "app")
    its_own = real_api.create_token(place, "app", audience="vault")

    assert asking(theirs, JASM_VAULT_AUTH="itself").fetch(DB).version == "1"
    with pytest.raises(AccessDenied):
        asking(its_own, JASM_VAULT_AUTH="itself").fetch(DB)


@only_in_full
def test_a_token_ends_with_its_pod(real_api: ControlPlane, place: str, asking: Asking) -> None:
    pod = manifests.pod(place, "web-1")
    pod["spec"]["serviceAccountName"] = "app"
    made: JsonObject = real_api.create(pod)
    token = real_api.create_token(place, "app", audience="vault", pod=made)
    assert asking(token).fetch(DB).version == "1"

    real_api.request("DELETE", f"{manifests.path(made)}?gracePeriodSeconds=0")

    def refused() -> bool:
        try:
            asking(token).fetch(DB)
        except AccessDenied:
            return True
        return False

    until(refused, "it is refused", _CACHED * 3, pause=0.5)
