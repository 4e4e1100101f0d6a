"""A real OpenBao asked as a pod does: what it gives, and each of its refusals."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from initsync.network.transport import Network
from initsync.providers.vault.kv import Provider
from initsync.sync import data
from initsync.words.errors import (
    AccessDenied,
    AnnotationError,
    InvalidSecretData,
    InvalidSetup,
    JasmError,
    NoIdentity,
    ProviderUnavailable,
    SecretNotFound,
    SecretRefused,
)
from initsync.words.model import ExternalSecret, PodRef, SyncRequest
from tests.initsync.providers.vault.conftest import Asking
from tests.openbao import program
from tests.openbao.issuer import Issuer
from tests.openbao.server import Bao
from tests.openbao.world import TEAM, World


def values(found: ExternalSecret) -> Mapping[str, object]:
    entry = SyncRequest("vault", found.source_path, "db", PodRef("team", "web-1", "0b2a"))
    return data.of([(entry, found)])


@pytest.mark.parametrize(
    "path", ["secret/app/db", "secret/data/app/db", "/secret/app/db", "secret/app/db/"]
)
def test_a_secret_is_read_however_people_write_its_path(asking: Asking, path: str) -> None:
    found = asking().fetch(path)

    assert values(found) == {"user": "root", "password": "pl4nted three"}
    assert (found.version, found.source_path, found.provider) == ("3", path, "vault")
    assert found.made.startswith("20")


def test_a_version_is_read_by_its_number(asking: Asking) -> None:
    found = asking().fetch("secret/app/db", "1")

    assert (values(found)["password"], found.version) == ("pl4nted one", "1")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("teams/kv/data/app/db", "of teams"),
        ("secret/app/päth + %2e?#", "odd"),
        ("secret/data/app/data/inner", "inner"),
    ],
)
def test_a_path_may_be_any_that_vault_takes(asking: Asking, path: str, value: str) -> None:
    assert values(asking().fetch(path)) == {"a": value}


def test_values_keep_the_digits_and_the_order_that_they_were_written_with(asking: Asking) -> None:
    found = values(asking().fetch("secret/app/kinds"))

    nested = '{"a":[1,"é<&>"]}'
    assert found == {"port": "5432", "rate": "1.1", "on": "true", "nested": nested}


def test_a_secret_of_800_kb_comes_whole(asking: Asking) -> None:
    assert values(asking().fetch("secret/app/long")) == {"text": "é" * 400_000}


def test_version_1_of_the_engine_has_no_versions(asking: Asking) -> None:
    found = asking(JASM_VAULT_KV="1").fetch("kv1/app/db")

    assert values(found) == {"user": "first", "port": "5432"}
    assert (found.version, found.made) == ("", "")


@pytest.mark.parametrize("namespace", [TEAM, f"/{TEAM}/"])
def test_a_namespace_is_the_platforms(asking: Asking, namespace: str) -> None:
    assert values(asking(VAULT_NAMESPACE=namespace).fetch("secret/app/db"))["user"] == TEAM


def test_an_entry_names_role_and_namespace_where_the_platform_allows_it(asking: Asking) -> None:
    provider = asking(JASM_VAULT_ROLE="nope", JASM_VAULT_FIELDS="role, namespace")

    found = provider.fetch("secret/app/db", "", {"role": "app", "namespace": TEAM})

    assert values(found)["user"] == TEAM


def test_an_entry_names_neither_where_the_platform_does_not(
    asking: Asking, trace: list[str]
) -> None:
    provider = asking(JASM_VAULT_FIELDS="role")

    with pytest.raises(AnnotationError, match="namespace is 'team-a', but must be left out"):
        provider.fetch("secret/app/db", "", {"namespace": TEAM})
    assert trace == []


def test_the_role_is_the_service_accounts_name_unless_the_platform_names_one(
    asking: Asking, world: World
) -> None:
    assert values(asking(JASM_VAULT_ROLE="batch").fetch("secret/app/db"))["user"] == "root"
    assert values(asking().fetch("secret/app/db"))["user"] == "root"

    token = world.issuer.token(sub="somebody")
    with pytest.raises(
        InvalidSetup, match=r"names no ServiceAccount .*'somebody'.*JASM_VAULT_ROLE"
    ):
        asking(token).fetch("secret/app/db")


def test_one_login_serves_many_secrets_and_is_given_back(
    asking: Asking, world: World, trace: list[str]
) -> None:
    before, provider = world.bao.tokens(), asking()

    provider.prepare("secret/app/db")
    for _ in range(3):
        provider.fetch("secret/app/db")
    during = world.bao.tokens()
    provider.close()

    assert (during, world.bao.tokens()) == (before + 1, before)
    asked = [line.split(":")[0].split(" ")[0] for line in trace]
    assert asked == ["POST", "GET", "GET", "GET", "POST"]


@pytest.mark.parametrize(("role", "left"), [("bare", 1), ("batch", 0), ("once", 0)])
def test_a_token_that_cannot_be_given_back_is_no_failure(
    asking: Asking, world: World, role: str, left: int
) -> None:
    before, provider = world.bao.tokens(), asking(JASM_VAULT_ROLE=role)

    provider.fetch("secret/app/db")
    provider.close()

    assert world.bao.tokens() == before + left


def test_nothing_is_asked_about_a_batch_token_at_the_end(asking: Asking, trace: list[str]) -> None:
    provider = asking(JASM_VAULT_ROLE="batch")

    provider.fetch("secret/app/db")
    provider.close()

    assert [line for line in trace if "revoke-self" in line] == []


def test_a_token_that_has_ended_is_replaced_by_another_login(
    asking: Asking, trace: list[str]
) -> None:
    provider = asking(JASM_VAULT_ROLE="once")

    for _ in range(2):
        assert provider.fetch("secret/app/db").version == "3"

    assert [line.split(" ")[0] for line in trace] == ["POST", "GET", "GET", "POST", "GET"]


def test_who_asks_is_told_by_vault(asking: Asking) -> None:
    said = asking().whoami("secret/app/db")

    assert said == "jwt-system:serviceaccount:team:app (policies app, default)"
    assert asking(JASM_VAULT_ROLE="bare").whoami("secret/app/db") == "role bare at auth/jwt"


class Case(NamedTuple):
    """What is asked for, and what it comes to."""

    path: str
    kind: type[JasmError]
    said: tuple[str, ...]
    env: Mapping[str, str] = {}
    token: Mapping[str, object] = {}
    version: str = ""


KV1 = {"JASM_VAULT_KV": "1"}
WIDE = {"JASM_VAULT_ROLE": "wide"}
KUBERNETES = {"JASM_VAULT_AUTH": "kubernetes"}
DB = "secret/app/db"
CASES = {
    "no such secret": Case("secret/app/nope", SecretNotFound, ("has no secret at path",)),
    "no such version": Case(DB, SecretNotFound, ("(version 9)",), version="9"),
    "deleted": Case("secret/app/gone", SecretRefused, ("version 1 was deleted at 20", "undelete")),
    "destroyed": Case(
        "secret/app/wiped", SecretRefused, ("version 1, made at 20", "was destroyed")
    ),
    "no policy allows it": Case(
        "secret/theirs",
        AccessDenied,
        (
            "refused role app at auth/jwt",
            'path "secret/data/theirs" { capabilities = ["read"] }',
            "JASM_VAULT_KV to 1",
            "MOUNT/data/PATH",
        ),
    ),
    "version 1, and no policy says so": Case("kv1/app/db", AccessDenied, ("of version 1",)),
    "version 1, as one who may look": Case("kv1/app/db", SecretNotFound, ("version 1",), WIDE),
    "version 2, and no policy says so": Case(DB, AccessDenied, ("of version 2",), KV1),
    "version 2, as one who may look": Case(
        DB, InvalidSetup, ("is KV version 2", "JASM_VAULT_KV to 2"), KV1 | WIDE
    ),
    "version 2 by its own path, where 1 is said": Case(
        "secret/data/app/db", InvalidSetup, ("as KV version 2", "set it to 2"), KV1
    ),
    "a version of version 1": Case(
        "kv1/app/db", AnnotationError, ("version is '3'", "keeps one only"), KV1, version="3"
    ),
    "no such engine": Case("missing/app", SecretNotFound, ("is there a KV engine at",), WIDE),
    "no such engine, and no policy": Case("nowhere/app", AccessDenied, ("nowhere/data/app",)),
    "no such role": Case(
        DB, AccessDenied, ("role nope", "create the role"), {"JASM_VAULT_ROLE": "nope"}
    ),
    "another ServiceAccount": Case(
        DB,
        AccessDenied,
        ("system:serviceaccount:team:other", "name this ServiceAccount"),
        {"JASM_VAULT_ROLE": "app"},
        {"account": "other"},
    ),
    "another audience": Case(
        DB, AccessDenied, ('the token is for ["sts.example"]',), {}, {"audience": "sts.example"}
    ),
    "a token that has expired": Case(
        DB, AccessDenied, ("clocks",), {}, {"exp": 1_000_000, "iat": 999_000, "nbf": 999_000}
    ),
    "a token of tomorrow": Case(
        DB, AccessDenied, ("clocks",), {}, {"nbf": 4_000_000_000, "exp": 4_000_000_600}
    ),
    "another issuer": Case(DB, AccessDenied, ("auth/jwt",), {}, {"iss": "https://other"}),
    "no such auth method": Case(
        DB, AccessDenied, ("auth/none", "does it reach the API server"), {"JASM_VAULT_AUTH": "none"}
    ),
    "an API server that Vault does not reach": Case(
        DB, AccessDenied, ("auth/kubernetes", "TokenReviews", '["vault"]'), KUBERNETES
    ),
    "no such role of Kubernetes auth": Case(
        DB, AccessDenied, ("create the role",), {"JASM_VAULT_ROLE": "nope", **KUBERNETES}
    ),
    "no such namespace": Case(
        DB, InvalidSetup, ("no namespace 'nowhere'",), {"VAULT_NAMESPACE": "nowhere"}
    ),
    "empty": Case("secret/app/empty", InvalidSecretData, ("has no key at all",)),
    "null": Case("secret/app/null", InvalidSecretData, ("key 'nothing' is null",)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_refusal_is_one_sentence_that_says_what_to_do(
    asking: Asking, world: World, case: Case
) -> None:
    token = world.issuer.token(**case.token)  # type: ignore[arg-type]  # as a case has it

    with pytest.raises(case.kind) as caught:
        values(asking(token, **case.env).fetch(case.path, case.version))

    said = str(caught.value)
    assert [part for part in case.said if part not in said] == [], said
    assert not caught.value.transient
    assert token not in said


def test_a_token_signed_by_somebody_else_is_refused(asking: Asking) -> None:
    with pytest.raises(AccessDenied, match="signature"):
        asking(Issuer().token()).fetch(DB)


def test_a_quota_is_waited_for_as_long_as_vault_says(asking: Asking) -> None:
    limited = {"JASM_VAULT_AUTH": "limited"}
    asking(**limited).fetch(DB)

    with pytest.raises(ProviderUnavailable, match="HTTP 429") as caught:
        asking(**limited).fetch(DB)

    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 60


@pytest.mark.parametrize(
    ("file", "said"),
    [(None, "No such file"), ("", "is empty"), (b"\xff\xfe", "it is not a token")],
)
def test_without_a_token_there_is_nobody_to_ask_as(
    asking: Asking, tmp_path_factory: pytest.TempPathFactory, file: bytes | str | None, said: str
) -> None:
    path = tmp_path_factory.mktemp("other") / "token"
    if file is not None:
        path.write_bytes(file if isinstance(file, bytes) else file.encode())

    with pytest.raises(NoIdentity, match=said) as caught:
        asking(JASM_VAULT_TOKEN_FILE=str(path)).fetch(DB)

    assert "injection.tokens" in str(caught.value)


def test_the_api_servers_own_token_never_goes_to_vault(
    asking: Asking, tmp_path: Path, world: World, trace: list[str]
) -> None:
    own = tmp_path / "token"
    own.write_text(world.issuer.token())
    files = {"JASM_SERVICEACCOUNT_DIR": str(tmp_path), "JASM_VAULT_TOKEN_FILE": str(own)}

    with pytest.raises(InvalidSetup, match="only the Kubernetes API gets"):
        asking(**files).fetch(DB)
    assert trace == []


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_nobody_is_trusted_unverified(asking: Asking, value: str, trace: list[str]) -> None:
    with pytest.raises(InvalidSetup, match="VAULT_SKIP_VERIFY is set"):
        asking(VAULT_SKIP_VERIFY=value).fetch(DB)
    assert trace == []


def test_a_ca_may_be_a_text_in_the_environment(asking: Asking, world: World) -> None:
    pem = world.bao.authority.pem

    assert asking(VAULT_CACERT="", VAULT_CACERT_BYTES=pem).fetch(DB).version == "3"
    with pytest.raises(InvalidSetup, match="text in place of a CA file"):
        asking(VAULT_CACERT_BYTES="no certificate").fetch(DB)


def test_a_ca_that_is_not_vaults_is_told(asking: Asking) -> None:
    with pytest.raises(ProviderUnavailable, match="certificate is not trusted"):
        asking(VAULT_CACERT="").fetch(DB)


def test_tls_spoken_to_in_plain_http_is_told(asking: Asking, world: World) -> None:
    # Its answer is lost where it ends the connection before it has read all of ours.
    with pytest.raises((InvalidSetup, ProviderUnavailable), match="is it to be https://"):
        asking(VAULT_ADDR=world.bao.url.replace("https", "http")).fetch(DB)


class TestAPerson:
    """Somebody who runs a command, with a token of their own."""

    def test_reads_by_their_token_which_is_left_alone(
        self, asking: Asking, world: World, trace: list[str]
    ) -> None:
        provider = asking(sdk=True, VAULT_TOKEN=world.bao.root)

        assert provider.fetch("secret/app/db").version == "3"
        assert provider.whoami("secret/app/db") == "root (policies root)"
        provider.close()

        assert [line for line in trace if not line.startswith("GET")] == []

    def test_may_have_it_from_vault_login(
        self, asking: Asking, world: World, tmp_path: Path
    ) -> None:
        (tmp_path / ".vault-token").write_text(world.bao.root)

        assert asking(sdk=True).whoami("") == "root (policies root)"

    def test_names_any_namespace(self, asking: Asking, world: World) -> None:
        provider = asking(sdk=True, VAULT_TOKEN=world.bao.root)

        assert values(provider.fetch(DB, "", {"namespace": TEAM}))["user"] == TEAM

    def test_whose_token_has_ended_logs_in_again(self, asking: Asking) -> None:
        provider = asking(sdk=True, VAULT_TOKEN="s.pl4nted")

        for ask in (provider.fetch, provider.whoami):
            with pytest.raises(NoIdentity, match=r"Vault does not know it.*log in"):
                ask("secret/app/db")

    def test_without_one_is_told_how_to_get_one(self, asking: Asking) -> None:
        provider = asking(sdk=True, JASM_VAULT_TOKEN_FILE="")

        with pytest.raises(NoIdentity, match=r"VAULT_TOKEN is not set.*vault login"):
            provider.whoami("secret/app/db")

    def test_may_log_in_as_a_service_account(self, asking: Asking) -> None:
        assert asking(sdk=True).fetch("secret/app/db").version == "3"

    def test_is_nobody_in_a_pod(self, asking: Asking, world: World) -> None:
        provider = asking(VAULT_TOKEN=world.bao.root)

        with pytest.raises(AccessDenied):
            provider.fetch("secret/theirs")


def test_a_vault_that_is_sealed_is_waited_for(tmp_path: Path) -> None:
    with Bao(program.of_tests(), tmp_path) as bao:
        bao.request("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        token = tmp_path / "token"
        token.write_text(Issuer().token())
        env = {"VAULT_ADDR": bao.url, "VAULT_CACERT": bao.ca_file}
        network = Network({}, lambda: 60.0, lambda _: None)

        with pytest.raises(ProviderUnavailable, match="HTTP 503, Vault is sealed"):
            Provider(env | {"JASM_VAULT_TOKEN_FILE": str(token)}, time.time, network).fetch(DB)
        network.close()
