"""docs/providers/azure-keyvault.md: its examples are what JASM takes, and prints."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from initsync import providers
from initsync.annotation.request import parse
from initsync.cli.main import main
from initsync.manifests import check
from initsync.permissions import azure
from initsync.providers.azure import clouds, entra
from initsync.words import keys
from initsync.words.model import PodRef
from tests.docs_blocks import DOCS, blocks, manifests, marked

PAGE = "providers/azure-keyvault"
TEXT = (DOCS / f"{PAGE}.md").read_text()


def printed(output: str, tmp_path: Path) -> Any:
    """For the page's own pod."""
    (pod,) = (text for text in blocks(PAGE, "yaml") if "kind: Pod" in text)
    (tmp_path / "app.yaml").write_text(pod)
    issuer = "https://westeurope.oic.prod-aks.azure.com/TENANT/ID/"
    env = [f"--env=AKS_OIDC_ISSUER={issuer}", "--env=AZURE_RESOURCE_GROUP=apps"]
    command = ["policy", str(tmp_path / "app.yaml"), "-o", output, *env]
    return CliRunner().invoke(main, command).stdout


def test_the_pods_annotation_is_valid() -> None:
    found = [it for text in blocks(PAGE, "yaml") for it in check.findings(text, providers)]

    assert found == [None]


def test_the_entry_for_one_value_is_one() -> None:
    (text,) = marked(PAGE, "one value")

    (entry,) = parse(text, PodRef("shop", "web", ""), providers)

    assert (entry.selection.format, entry.selection.keys) == ("text", (("PASSWORD", "PASSWORD"),))


def test_the_commands_make_what_is_printed(tmp_path: Path) -> None:
    (app,) = json.loads(printed("json", tmp_path))["serviceAccounts"]
    said = " ".join(blocks(PAGE, "sh"))

    found = app["azure"]
    credential = found["federatedCredential"]
    for option in ("name", "issuer", "subject"):
        assert f"--{option} {credential[option]}" in said
    assert f"--audiences {' '.join(credential['audiences'])}" in said
    assert f"az identity create --name {found['identity']['name']} " in said
    (role,) = found["roleAssignments"]
    assert f'--role "{role["role"]}"' in said
    assert f"keyvault show --name {role['vault']} " in said
    assert f'/secrets/{role["secret"]}"' in said


def test_pod_and_service_account_have_what_the_identity_needs(tmp_path: Path) -> None:
    (app,) = json.loads(printed("json", tmp_path))["serviceAccounts"]
    account, pod, role, binding = manifests(PAGE)

    client = account["metadata"]["annotations"][azure.CLIENT_ID]
    assert role["rules"][0]["resources"] == [client]
    assert binding["subjects"][0].items() >= {"name": "app", "namespace": "shop"}.items()
    assert app["azure"]["identity"]["podLabels"] == pod["metadata"]["labels"]
    assert pod["spec"]["serviceAccountName"] == account["metadata"]["name"]


def test_the_platforms_values_are_the_variables_that_are_read() -> None:
    (text,) = marked(PAGE, "values of the chart")

    injection = yaml.safe_load(text)["injection"]
    assert set(injection["env"]) == set(entra.VARIABLES)
    (token,) = injection["tokens"]
    assert injection["env"][entra.TOKEN_FILE] == f"{keys.SERVICEACCOUNT_DIR}/{token}"
    assert injection["tokens"][token] == azure.AUDIENCE


@pytest.mark.parametrize("host", clouds._SUFFIXES)
def test_each_cloud_that_is_named_is_known(host: str) -> None:
    cloud = clouds.cloud({clouds.AUTHORITY: f"https://{host}"})

    row = f"`{cloud.suffix}` |"
    assert row in TEXT
