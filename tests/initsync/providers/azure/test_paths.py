"""Which paths and versions of Azure Key Vault are sent, and what host a path can make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.network import urls
from initsync.providers.azure import paths
from initsync.providers.azure.clouds import Cloud, vault_of
from initsync.providers.azure.paths import SecretId
from initsync.words.errors import InvalidSetup

CLOUD = Cloud("https://login.microsoftonline.com", "vault.azure.net")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("shop/db", SecretId("shop", "db")),
        ("/shop/db", SecretId("shop", "db")),
        ("db", SecretId("", "db")),
        ("Shop-01/db-password", SecretId("Shop-01", "db-password")),
        (
            "shop/what Azure may take tomorrow: é",
            SecretId("shop", "what Azure may take tomorrow: é"),
        ),
    ],
)
def test_a_path_is_a_vault_and_a_name_or_a_name(path: str, place: SecretId) -> None:
    assert paths.problem(path) is None
    assert paths.secret_id(path) == place


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/", "must name a secret"),
        ("shop/", "must name a secret"),
        ("shop/..", "must name a secret"),
        ("..", "must name a secret"),
        ("shop/a/../../keys/k", "must name a secret"),
        ("//db", "must have a vault's name before its slash"),
        ("shop.vault.azure.net/db", "must begin with a vault's name alone"),
        ("evil.example/db", "must begin with a vault's name alone"),
        ("shop:443/db", "must begin with a vault's name alone"),
        ("user@shop/db", "must begin with a vault's name alone"),
        ("-shop/db", "must begin with a vault's name alone"),
        ("shop\\evil.example/db", "must begin with a vault's name alone"),
        ("x" * 64 + "/db", "must begin with a vault's name alone"),
    ],
)
def test_what_can_be_no_path_is_refused(path: str, rule: str) -> None:
    assert str(paths.problem(path)).startswith(rule)


def test_whoever_writes_the_identifier_of_the_portal_is_told_the_path() -> None:
    found = paths.problem("https://shop.vault.azure.net/secrets/db/0123abcd")

    assert "write 'shop/db'" in str(found)
    assert "with version: '0123abcd'" in str(found)


@pytest.mark.parametrize("version", ["a" * 32, "é", "1"])
def test_any_version_may_be_asked_for(version: str) -> None:
    assert paths.version_problem(version) is None


@pytest.mark.parametrize("version", ["", " ", "a\nb", "..", "../../keys", "x" * 257])
def test_what_can_be_no_version_is_refused(version: str) -> None:
    assert str(paths.version_problem(version)).startswith("must be the id")


@pytest.mark.threat("An annotation is malicious")
@given(st.text(st.sampled_from("aZ0-./\\:@?#%[]é \x00"), max_size=20))
def test_no_path_makes_another_host(path: str) -> None:
    if paths.problem(path) is None:
        vault = vault_of(path, {paths.VAULT: "shop"})
        found = urls.place(CLOUD.vault(vault))

        assert found.host == f"{vault.lower()}.vault.azure.net"
        assert (found.port, found.prefix, "." in vault) == (443, "", False)


def test_a_name_alone_is_in_the_platforms_vault() -> None:
    assert vault_of("db", {paths.VAULT: "shop"}) == "shop"
    assert vault_of("own/db", {paths.VAULT: "shop"}) == "own"


@pytest.mark.parametrize(
    ("env", "said"), [({}, "JASM_AZURE_VAULT is not set"), ({paths.VAULT: "a.b"}, "without dots")]
)
def test_without_a_vault_the_platform_is_told(env: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidSetup, match=said):
        vault_of("db", env)
