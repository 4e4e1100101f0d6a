"""docs/providers/gcp-secret-manager.md: its examples are what JASM takes, and prints."""

import json
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from initsync import providers
from initsync.annotation.request import parse
from initsync.cli.main import main
from initsync.manifests import check
from initsync.permissions import gcp
from initsync.providers.gcp import identity, paths
from initsync.words import keys
from initsync.words.model import PodRef
from tests.docs_blocks import DOCS, blocks, marked

PAGE = "providers/gcp-secret-manager"
TEXT = (DOCS / f"{PAGE}.md").read_text()
NUMBER = "123456789012"
POOLS = f"projects/{NUMBER}/locations/global/workloadIdentityPools"


def printed(pool: str, tmp_path: Path) -> Any:
    """For the page's own pod."""
    (pod,) = (text for text in blocks(PAGE, "yaml") if "kind: Pod" in text)
    (tmp_path / "app.yaml").write_text(pod)
    env = f"--env={gcp.POOL}={POOLS}/{pool}"
    command = ["policy", str(tmp_path / "app.yaml"), "-o", "json", env]
    (found,) = json.loads(CliRunner().invoke(main, command).stdout)["serviceAccounts"]
    return found["googleCloud"]["bindings"]


def test_the_pods_annotation_is_valid() -> None:
    found = [it for text in blocks(PAGE, "yaml") for it in check.findings(text, providers)]

    assert found == [None]


def test_the_entry_for_one_value_is_one() -> None:
    (text,) = marked(PAGE, "one value")

    (entry,) = parse(text, PodRef("shop", "web", ""), providers)

    assert (entry.selection.format, entry.selection.keys) == ("text", (("PASSWORD", "PASSWORD"),))


def test_the_command_grants_what_is_printed(tmp_path: Path) -> None:
    (binding,) = printed("shop-prod.svc.id.goog", tmp_path)

    said = " ".join(blocks(PAGE, "sh"))
    project, _, name, _ = paths.resource_name(binding["secret"])
    assert f"add-iam-policy-binding {name} --project={project} --role={binding['role']} " in said
    assert f"--member={binding['members'][0]}\n" in said


def test_elsewhere_the_member_is_another(tmp_path: Path) -> None:
    (binding,) = printed("clusters", tmp_path)

    end = binding["members"][0].partition(f"{NUMBER}/locations/global")[2]
    assert f"`{end}`" in TEXT


def test_the_platforms_values_are_where_jasm_looks() -> None:
    (text,) = marked(PAGE, "values of the chart")

    injection = yaml.safe_load(text)["injection"]
    ((file, audience),) = injection["tokens"].items()
    assert set(injection["env"]) == {paths.PROJECT}
    assert f"{keys.SERVICEACCOUNT_DIR}/cloud-credentials.json" == identity.DEFAULT_FILE
    assert f"--credential-source-file={keys.SERVICEACCOUNT_DIR}/{file} " in TEXT
    assert f"  {audience.removeprefix('https://iam.googleapis.com/')} \\\n" in TEXT
    assert f"create configmap {injection['credentials']['configMap']} " in TEXT


def test_every_variable_it_names_is_one_of_the_reference() -> None:
    table = TEXT.partition("## What the platform says")[2].partition("\n## ")[0]
    named = [line.split("`")[1] for line in table.splitlines() if line.startswith(("| `G", "| `J"))]
    reference = (DOCS / "reference.md").read_text()

    assert named
    assert all(f"`{name}`" in reference for name in named)
