"""What `initsync policy` prints for Azure Key Vault: an identity, whom it trusts, its secrets."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from initsync.cli.main import main
from initsync.providers.azure import entra
from tests import programs
from tests.initsync.cli.policy_command import pod
from tests.terraform.test_terraform import read

GIVEN = {
    "AKS_OIDC_ISSUER": "https://oidc.example/cluster/",
    "AZURE_RESOURCE_GROUP": "apps",
    "JASM_AZURE_VAULT": "Common",
}


def of_vault(path: str, name: str, account: str = "app") -> Any:
    found = pod(path, name, serviceAccountName=account)
    marks = found["metadata"]["annotations"]
    text = next(iter(marks.values())).replace("aws-secretsmanager", "azure-keyvault")
    return {**found, "metadata": {**found["metadata"], "annotations": dict.fromkeys(marks, text)}}


def run(output: str, *pods: Any, env: dict[str, str] = GIVEN) -> tuple[int, str, str]:
    options = [f"--env={name}={value}" for name, value in env.items()]
    stdin = "\n---\n".join(json.dumps(it) for it in pods)
    done = CliRunner().invoke(main, ["policy", *options, "-o", output, "-"], input=stdin)
    return done.exit_code, done.stdout, done.stderr


def accounts(*pods: Any) -> list[Any]:
    code, out, _ = run("json", *pods)
    assert code == 0
    found: list[Any] = json.loads(out)["serviceAccounts"]
    return found


def test_each_service_account_has_an_identity_that_trusts_it_alone() -> None:
    app, other = accounts(of_vault("shop/db", "db"), of_vault("shop/db", "db", "ot.her"))

    assert app["azure"]["identity"]["name"] == "jasm_shop_app"
    assert app["azure"]["federatedCredential"] == {
        "name": "jasm_shop_app",
        "issuer": "https://oidc.example/cluster/",
        "subject": "system:serviceaccount:shop:app",
        "audiences": ["api://AzureADTokenExchange"],
    }
    assert other["azure"]["identity"]["name"] == "jasm_shop_ot__her"
    assert "aws" not in app


def test_it_may_read_its_secrets_and_no_other_of_their_vaults() -> None:
    (app,) = accounts(of_vault("shop/db", "a"), of_vault("Shop/DB", "b"), of_vault("key", "c"))

    assert app["azure"]["roleAssignments"] == [
        {"role": "Key Vault Secrets User", "vault": "common", "secret": "key"},
        {"role": "Key Vault Secrets User", "vault": "shop", "secret": "db"},
    ]


def test_what_is_missing_on_the_pod_is_said_by_the_very_names_of_the_advice() -> None:
    identity = accounts(of_vault("shop/db", "db"))[0]["azure"]["identity"]

    assert f"{identity['serviceAccountAnnotation']}: CLIENT-ID" in entra.ADVICE
    assert identity["podLabels"] == {"azure.workload.identity/use": "true"}
    assert 'azure.workload.identity/use: "true"' in entra.ADVICE


@pytest.mark.parametrize("name", GIVEN)
def test_what_must_be_known_is_asked_for(name: str) -> None:
    env = {it: value for it, value in GIVEN.items() if it != name}

    code, _, err = run("json", of_vault("key", "c"), env=env)

    assert code == 2
    assert name in err


def test_an_issuer_that_no_token_has_is_refused() -> None:
    env = GIVEN | {"AKS_OIDC_ISSUER": "oidc.example/cluster/"}

    code, _, err = run("json", of_vault("key", "c"), env=env)

    assert (code, "'oidc.example/cluster/', no URL with https" in err) == (2, True)


def test_roles_of_kubernetes_need_to_know_nothing_of_azure() -> None:
    code, out, _ = run("kubernetes", of_vault("key", "c"), env={})

    assert code == 0
    assert "kind: RoleBinding" in out


def test_a_name_that_no_secret_can_have_is_warned_of() -> None:
    _, _, err = run("json", of_vault("shop/prod/db", "db"))

    assert "ServiceAccount shop/app: shop/prod/db: no secret of Key Vault has such a name" in err


def test_terraform_makes_the_same() -> None:
    pods = (of_vault("shop/db", "a"), of_vault("shop/mail", "b"), of_vault("key", "c"))

    code, text, _ = run("terraform", *pods)

    blocks = read(programs.of(programs.HCL), text)
    assert code == 0
    bodies = {tuple(it["labels"]): it["body"] for it in blocks if it["kind"] != "output"}
    credential = bodies["azurerm_federated_identity_credential", "jasm_shop_app"]
    printed = accounts(*pods)[0]["azure"]["federatedCredential"]
    assert credential["audience"] == printed["audiences"]
    assert {it: credential[it] for it in ("name", "issuer", "subject")}.items() <= printed.items()
    vaults = [it["name"] for (kind, _), it in bodies.items() if kind == "azurerm_resources"]
    assert vaults == ["common", "shop"]
    assigned = [it for (kind, _), it in bodies.items() if kind == "azurerm_role_assignment"]
    assert {it["role_definition_name"] for it in assigned} == {"Key Vault Secrets User"}
    assert [it["scope"].rpartition("}")[2] for it in assigned] == [
        *("/secrets/key", "/secrets/db", "/secrets/mail")
    ]
    assert 'scope                = "${data.azurerm_resources.jasm_shop_app_shop' in text
