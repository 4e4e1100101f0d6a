"""What the platform says of its Vault."""

import pytest

from initsync.providers.vault import settings
from initsync.words.errors import InvalidSetup

ADDRESS = {"VAULT_ADDR": "https://vault.example:8200"}


def test_the_address_is_all_that_is_needed() -> None:
    found = settings.from_env(ADDRESS)

    own = "/var/run/secrets/kubernetes.io/serviceaccount/vault-token"
    assert (found.auth, found.role, found.token_file, found.kv) == ("kubernetes", "", own, "2")
    assert (found.namespace, found.fields, found.redirects) == ("", (), ())


@pytest.mark.parametrize("auth", ["team/k8s", "auth/team/k8s", "/auth/team/k8s/"])
def test_an_auth_method_is_named_as_people_do(auth: str) -> None:
    assert settings.from_env(ADDRESS | {"JASM_VAULT_AUTH": auth}).auth == "team/k8s"


@pytest.mark.parametrize("said", ["role namespace", "role,namespace", " role, namespace "])
def test_lists_have_commas_or_spaces(said: str) -> None:
    assert settings.from_env(ADDRESS | {"JASM_VAULT_FIELDS": said}).fields == settings.FIELDS


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "VAULT_ADDR is not set"),
        (ADDRESS | {"VAULT_SKIP_VERIFY": "true"}, "VAULT_SKIP_VERIFY is set"),
        (ADDRESS | {"JASM_VAULT_KV": "3"}, "JASM_VAULT_KV is '3'"),
        (ADDRESS | {"JASM_VAULT_FIELDS": "role,path"}, "JASM_VAULT_FIELDS has 'path'"),
    ],
)
def test_what_cannot_be_is_told(env: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidSetup, match=said):
        settings.from_env(env)


@pytest.mark.parametrize("value", ["", "0", "false", "FALSE", "f"])
def test_verification_that_is_not_switched_off_is_no_fault(value: str) -> None:
    assert settings.from_env(ADDRESS | {"VAULT_SKIP_VERIFY": value}).address
