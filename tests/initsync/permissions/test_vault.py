"""What Vault must allow, and that it is enough, and no more, to a real OpenBao."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest

from initsync.network.transport import Network
from initsync.permissions import hcl, vault
from initsync.permissions.grants import Grant
from initsync.permissions.requested import RequestedSecret
from initsync.permissions.stores import Allowed
from initsync.providers.vault.kv import Provider
from initsync.words.errors import AccessDenied, InvalidSetup
from tests.openbao import program
from tests.openbao.issuer import Issuer
from tests.openbao.server import Bao

PATHS = ("secret/shop/db", "/secret/data/shop/api", 'secret/ö "+${a}/x')


def allowed(
    *asked: RequestedSecret, env: dict[str, str] | None = None, account: str = "app"
) -> Allowed:
    grant = Grant("shop", account, asked)
    return vault.allowed(grant, asked, env or {})


def secret(path: str, **options: str) -> RequestedSecret:
    asked = tuple(sorted(options.items()))
    return RequestedSecret("shop", "app", "db", "vault", path, options=asked)


def test_a_policy_reads_the_paths_and_a_role_has_it() -> None:
    found = allowed(secret("secret/shop/db"), secret("secret/data/shop/db"))

    policy = 'path "secret/data/shop/db" {\n  capabilities = ["read"]\n}\n'
    assert found.objects == {
        "policies": [{"name": "jasm_shop_app", "policy": policy}],
        "roles": [
            {
                "path": "auth/kubernetes/role/app",
                "data": {
                    "bound_service_account_names": ["app"],
                    "bound_service_account_namespaces": ["shop"],
                    "audience": "vault",
                    "token_policies": ["jasm_shop_app"],
                    "token_ttl": "300s",
                    "token_type": "batch",
                },
            }
        ],
    }
    (said,) = found.warnings
    assert "named by the ServiceAccount alone" in said


def test_version_1_has_paths_as_they_are() -> None:
    found = allowed(secret("kv1/shop/db"), env={"JASM_VAULT_KV": "1"})

    assert 'path "kv1/shop/db" {' in found.objects["policies"][0]["policy"]


def test_entries_with_a_role_or_namespace_of_their_own_have_policies_of_their_own() -> None:
    env = {"VAULT_NAMESPACE": "top"}
    found = allowed(secret("secret/a"), secret("secret/b", role="r", namespace="/x/"), env=env)

    named = [(it["name"], it["namespace"]) for it in found.objects["policies"]]
    assert named == [("jasm_shop_app", "top"), ("jasm_shop_app_2", "x")]
    roles = [(it["path"], it["namespace"]) for it in found.objects["roles"]]
    assert roles == [("auth/kubernetes/role/app", "top"), ("auth/kubernetes/role/r", "x")]


def test_a_role_of_all_pods_is_not_written_over() -> None:
    found = allowed(secret("secret/a"), env={"JASM_VAULT_ROLE": "pods"})

    assert found.objects["roles"] == []
    assert [block.labels[0] for block in found.blocks] == ["vault_policy"]
    assert found.warnings == (
        "Vault's role pods is that of all pods (JASM_VAULT_ROLE): bind this ServiceAccount to it, "
        "and give it the policy jasm_shop_app",
    )


@pytest.mark.parametrize("path", ["secret/a*", "secret/+/b"])
def test_what_policies_take_for_a_pattern_is_told(path: str) -> None:
    assert any("more paths than one" in it for it in allowed(secret(path)).warnings)


def test_values_that_the_provider_refuses_are_refused() -> None:
    with pytest.raises(InvalidSetup, match="JASM_VAULT_KV"):
        allowed(secret("secret/a"), env={"JASM_VAULT_KV": "3"})


@pytest.mark.parametrize("auth", ["kubernetes", "teams/jwt-one"])
def test_terraform_says_the_same(auth: str) -> None:
    found = allowed(*map(secret, PATHS[:2]), env={"JASM_VAULT_AUTH": auth, "VAULT_NAMESPACE": "n"})

    read = hcl2.loads("\n".join(map(hcl.block, found.blocks)) + "\n")

    policy, role = (
        plain(next(iter(body.values()))) for it in read["resource"] for body in it.values()
    )
    assert {name: policy[name] for name in ("name", "namespace")} == {
        "name": "jasm_shop_app",
        "namespace": "n",
    }
    said = found.objects["roles"][0]["data"]
    assert role["token_ttl"] == 300
    for name in said.keys() - {"token_ttl"}:
        assert role[name] == said[name]
    assert (role["backend"], role["role_name"]) == (auth, "app")


def plain(found: Any) -> Any:
    """Of what hcl2 reads, without the quotes that it leaves."""
    if isinstance(found, dict):
        return {plain(name): plain(value) for name, value in found.items()}
    if isinstance(found, list):
        return [plain(it) for it in found]
    return found.strip('"') if isinstance(found, str) else found


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    with Bao(program.of_tests(), tmp_path_factory.mktemp("openbao")) as server:
        server.initialise().mount("secret", "kv", version="2")
        server.mount("auth/jwt", "jwt")
        server.mount("auth/kubernetes", "kubernetes")
        yield server


class TestOpenBao:
    """It takes what is printed, and a pod may then read that."""

    @pytest.mark.parametrize("form", ["policy", "terraform"])
    def test_reads_just_what_is_asked_for(self, bao: Bao, tmp_path: Path, form: str) -> None:
        issuer, env = Issuer(), {"JASM_VAULT_AUTH": "jwt"}
        bao.admin("POST", "auth/jwt/config", {"jwt_validation_pubkeys": [issuer.public]})
        for path in (*PATHS, "secret/shop/other"):
            bao.put(path.strip("/").replace("/data/", "/"), {"a": "pl4nted"})
        found = allowed(*map(secret, PATHS), env=env)
        text = found.objects["policies"][0]["policy"]
        if form == "terraform":
            text = json.dumps(found.blocks[0].body["policy"].value)
        bao.admin("PUT", "sys/policies/acl/jasm_shop_app", {"policy": text})
        role = found.objects["roles"][0]
        bao.admin("POST", role["path"], role["data"])
        (tmp_path / "token").write_text(issuer.token("app", "shop"))
        pod = {"VAULT_ADDR": bao.url, "VAULT_CACERT": bao.ca_file, **env}
        network = Network({}, lambda: 60.0, lambda _: None)
        token = {"JASM_VAULT_TOKEN_FILE": str(tmp_path / "token")}
        provider = Provider(pod | token, time.time, network)

        assert [provider.fetch(path).version for path in PATHS]
        with pytest.raises(AccessDenied):
            provider.fetch("secret/shop/other")
        network.close()

    def test_takes_the_role_of_kubernetes_auth(self, bao: Bao) -> None:
        role = allowed(secret("secret/a")).objects["roles"][0]

        bao.admin("POST", role["path"], role["data"])

        stored = bao.admin("GET", role["path"])["data"]
        assert stored["bound_service_account_names"] == ["app"]
        assert (stored["audience"], stored["token_ttl"]) == ("vault", 300)
