"""The table of rights in docs/security.md is what the chart gives, and initsync.kube.rbac says."""

import re

import pytest

from initsync.kube import rbac
from initsync.words.model import JsonObject
from tests.chart import examples
from tests.chart.examples import injector, objects, of_kind
from tests.chart.helm import ROOT, Helm

PAGE = (ROOT / "docs/security.md").read_text()
# What the chart gives by rbac.*: Roles of a sync, whose row has no names of its own.
SYNC = re.compile(r"jasm-sync(-|$)")


def rows() -> list[tuple[str, str, str, str]]:
    """Of the table: by which Role, resource, names, verbs."""
    table = PAGE.partition("## Who may do what\n")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines()[3:] if line.startswith("|")]
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    return [(by, resource, names, verbs) for _, by, resource, names, verbs in cells]


def row(manifest: JsonObject, rule: JsonObject) -> tuple[str, str, str, str]:
    """The one that there has to be for a rule of the chart."""
    by = f"{manifest['kind']} `{manifest['metadata']['name']}`"
    names = ", ".join(f"`{name}`" for name in rule.get("resourceNames", []))
    resources = ", ".join(f"`{resource}`" for resource in rule["resources"])
    return by, resources, names, ", ".join(rule["verbs"])


def given(helm: Helm) -> set[tuple[str, str, str, str]]:
    """By the chart, whichever of its examples."""
    return {
        row(manifest, rule)
        for name in examples.NAMES
        for manifest in objects(helm, name)
        if manifest["kind"] in {"Role", "ClusterRole"}
        and not SYNC.match(manifest["metadata"]["name"])
        for rule in manifest["rules"]
    }


@pytest.mark.threat("The certificate job is compromised", "A node is compromised")
def test_the_table_of_rights_is_what_the_chart_gives(helm: Helm) -> None:
    shown = {found for found in rows() if re.match("(Cluster)?Role `", found[0])}

    assert shown == given(helm)


def test_the_table_shows_the_role_of_a_sync() -> None:
    secrets, events = rbac.rules()
    who = "Role of the pod's ServiceAccount"
    index = next(number for number, found in enumerate(rows()) if found[0] == who)

    assert rows()[index][1::2] == ("`secrets`", ", ".join(secrets["verbs"]))
    assert rows()[index + 1] == ("the same", "`events`", "", ", ".join(events["verbs"]))


def test_by_hand_one_needs_the_same_and_the_pod() -> None:
    """`tests/cluster/test_kubeconfig.py` syncs by hand with no more."""
    index = next(number for number, found in enumerate(rows()) if found[0] == "your own rights")
    verbs = ", ".join(verb for verb in rbac.SECRET_VERBS if verb != rbac.SYNC_VERB)

    assert [found[1::2] for found in rows()[index : index + 3]] == [
        ("`pods`", "get"),
        ("`secrets`", verbs),
        ("`events`", ", ".join(rbac.EVENT_VERBS)),
    ]


@pytest.mark.threat("The injector is compromised")
@pytest.mark.parametrize("name", [name for name in examples.NAMES if name != "policy-mode"])
def test_the_injector_has_no_token_and_no_rights(helm: Helm, name: str) -> None:
    found = objects(helm, name)
    bindings = of_kind(found, "RoleBinding") + of_kind(found, "ClusterRoleBinding")

    pod = injector(found)["spec"]["template"]["spec"]

    assert pod["automountServiceAccountToken"] is False
    assert not [volume for volume in pod["volumes"] if "projected" in volume]
    subjects = [subject["name"] for binding in bindings for subject in binding["subjects"]]
    assert pod["serviceAccountName"] not in subjects


def test_in_policy_mode_nothing_of_jasms_runs(helm: Helm) -> None:
    kinds = {manifest["kind"] for manifest in objects(helm, "policy-mode")}

    assert not kinds & {"Deployment", "Secret", "ServiceAccount"}
