"""docs/providers/vault.md: its steps are what JASM prints, reads and asks for."""

import re
from typing import Any

import yaml

from initsync import providers
from initsync.annotation.request import parse
from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.manifests import check
from initsync.permissions import vault as permissions
from initsync.permissions.grants import grants
from initsync.permissions.requested import of_manifest
from initsync.providers.vault import settings
from initsync.words import keys
from initsync.words.model import PodRef
from tests.docs_blocks import DOCS, blocks

PAGE = "providers/vault"
TEXT = (DOCS / f"{PAGE}.md").read_text("utf-8")
VALUES, POD, ENTRY = blocks(PAGE, "yaml")
SHELL = "".join(blocks(PAGE, "sh"))


def test_the_pod_is_valid_and_the_injector_adds_its_container() -> None:
    pod: Any = yaml.safe_load(POD)

    assert list(check.findings(POD, providers)) == [None]
    assert inject(pod, "shop", InjectionSettings("i")).operations
    assert pod["metadata"]["annotations"][keys.ANNOTATION].startswith("provider: vault\n")


def test_an_entry_with_fields_of_its_own_is_valid() -> None:
    (found,) = parse(ENTRY, PodRef("shop", "web", "u"), providers)

    assert [name for name, _ in found.selection.options] == sorted(settings.FIELDS)


def test_policy_and_role_by_hand_are_those_that_are_printed() -> None:
    (grant,) = grants(of_manifest(POD, "shop"))
    (policy,), (role,) = (
        permissions.allowed(grant, grant.secrets, {}).objects[name]
        for name in ("policies", "roles")
    )

    assert policy["policy"] in SHELL
    assert f"vault write {role['path']} " in SHELL
    said = dict(re.findall(r"(\w+)=(\S+)", SHELL.partition(role["path"])[2]))
    assert said.pop("token_policies") == "shop-app"
    assert said.pop("token_ttl") == "5m"
    for name, value in said.items():
        assert role["data"][name] in (value, [value]), name


def test_the_platforms_token_is_where_it_is_looked_for() -> None:
    injection = yaml.safe_load(VALUES)["injection"]

    found = settings.from_env(injection["env"])
    assert found.address.startswith("https://")
    file, audience = next(iter(injection["tokens"].items()))
    assert found.token_file == f"{keys.SERVICEACCOUNT_DIR}/{file}"
    assert audience == permissions.AUDIENCE


def test_every_variable_is_told() -> None:
    names = set(re.findall(r"\b(?:JASM_)?VAULT_[A-Z_]+", settings.__doc__ or ""))

    assert names - {"VAULT_ADDR"} - set(re.findall(r"`([A-Z_]+)`", TEXT)) <= {
        "JASM_VAULT_TOKEN_FILE"
    }
