"""The pages about installing: the chart takes their commands of Helm's, and their values."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart import examples
from tests.chart.examples import injector
from tests.chart.helm import CHART, ROOT, Helm
from tests.chart.test_schema import MISTAKES

PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text() for name in ("install", "upgrade")}
PAGES["readme"] = (CHART / "README.md").read_text()
RELEASED = "oci://registry.example.com/platform/jasm/charts/jasm"
"""Beside the images, as docs/releasing.md has it."""
_OPTIONS = ("--set", "--set-file", "--values", "--version")


def commands() -> Iterator[list[str]]:
    """Of Helm's, as a shell has them."""
    for text in PAGES.values():
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line.partition(">")[0])
                if words[:1] == ["helm"]:
                    yield words[1:]


RENDERED = [words for words in commands() if words[0] in ("install", "upgrade", "template")]
_INSTALLS = re.compile(r"^helm (?:install|template|upgrade --install) (?:.*\\\n)*.*", re.MULTILINE)
INSTALLING = [
    found
    for file in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), CHART / "README.md")
    for found in _INSTALLS.findall(file.read_text())
    if " deploy/chart/jasm " in found
]


def settings(words: list[str]) -> list[str]:
    return [it for option, value in pairwise(words) if option in _OPTIONS for it in (option, value)]


def blocks(page: str) -> list[Any]:
    return [yaml.safe_load(it) for it in re.findall(r"```yaml\n(.*?)```", PAGES[page], re.DOTALL)]


def of_kind(kind: str) -> Any:
    (found,) = (it for it in blocks("install") if it.get("kind") == kind)
    return found


def rendered(helm: Helm, values: Any, directory: Path) -> list[examples.Object]:
    file = directory / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    return helm.objects(f"--values={file}")


@pytest.mark.parametrize("words", RENDERED, ids=" ".join)
def test_the_chart_takes_every_command(helm: Helm, words: list[str], tmp_path: Path) -> None:
    assert words[1] == "jasm"
    assert words[2] in ("deploy/chart/jasm", RELEASED)
    ca = tmp_path / "ca.crt"
    ca.write_text("-----BEGIN CERTIFICATE-----\n")

    found = helm.objects(*[it.replace("certs/ca.crt", str(ca)) for it in settings(words)])

    assert injector(found)


def test_every_command_of_any_page_that_installs_the_chart_names_a_registry() -> None:
    assert len(INSTALLING) > 4
    assert [it for it in INSTALLING if "--set imageRegistry=" not in it] == []


def test_there_are_commands_of_each_kind() -> None:
    verbs = {words[0] for words in commands()}

    assert verbs == {"install", "test", "template", "upgrade", "rollback", "uninstall"}


def test_the_row_of_the_certificate_job_has_all_its_rights(helm: Helm) -> None:
    (row,) = (line for line in PAGES["install"].splitlines() if "| the certificate job |" in line)
    names = {"secrets": "its one Secret", "services": "the injector's Service"}
    for kind in ("mutating", "validating"):
        names[f"{kind}webhookconfigurations"] = "the two webhook configurations"

    roles = [it for it in helm.objects() if it["kind"] in ("Role", "ClusterRole")]
    rules = [
        r for it in roles if it["metadata"]["name"] == "jasm-certificates" for r in it["rules"]
    ]
    rights = {
        f"{', '.join(f'`{verb}`' for verb in rule['verbs'])} on {names[rule['resources'][0]]}"
        for rule in rules
    }

    assert set(row.split("|")[1].strip().split("; ")) == rights


def test_the_network_policies_of_the_page_are_those_of_the_pods(helm: Helm, tmp_path: Path) -> None:
    (values,) = (it for it in blocks("install") if "networkPolicy" in it)
    found = rendered(helm, values, tmp_path)

    policies = {
        it["metadata"]["name"]: it["spec"] for it in examples.of_kind(found, "NetworkPolicy")
    }
    (rule,) = policies["jasm-injector"]["ingress"]
    assert rule["from"][:2] == values["networkPolicy"]["from"]
    for name in ("jasm-certificates", "jasm-test"):
        assert policies[name]["egress"][0]["to"] == values["networkPolicy"]["to"]


def test_every_example_is_in_the_table() -> None:
    listed = re.findall(r"`([\w-]+)\.yaml`", PAGES["install"].partition("### Who may")[0])

    assert sorted(listed) == examples.NAMES[1:]


def test_the_error_that_is_shown_is_the_one_of_a_typo() -> None:
    assert MISTAKES["a typo"][1].partition("': ")[2] in PAGES["install"]


def test_the_roles_of_the_page_are_given(helm: Helm, tmp_path: Path) -> None:
    (values,) = (it for it in blocks("install") if "rbac" in it)

    names = {it["metadata"]["name"] for it in rendered(helm, values, tmp_path)}

    assert "jasm-sync-app" in names


def test_argo_cd_applies_the_chart_with_values_that_it_takes(helm: Helm, tmp_path: Path) -> None:
    source = of_kind("Application")["spec"]["source"]

    found = rendered(helm, source["helm"]["valuesObject"], tmp_path)

    assert (ROOT / source["path"]) == CHART
    assert examples.of_kind(found, "ValidatingAdmissionPolicy")


def test_flux_applies_the_chart_with_values_that_it_takes(helm: Helm, tmp_path: Path) -> None:
    spec = of_kind("HelmRelease")["spec"]

    found = rendered(helm, spec["values"], tmp_path)

    assert (ROOT / spec["chart"]["spec"]["chart"]) == CHART
    assert examples.of_kind(found, "ValidatingAdmissionPolicy")


def test_what_git_ops_render_has_each_object_once_and_asks_no_cluster(helm: Helm) -> None:
    """A tool that keeps the last of two would take a hook for the webhook configuration."""
    for name in examples.NAMES:
        keys = [
            (it["kind"], it["metadata"].get("namespace"), it["metadata"]["name"])
            for it in examples.objects(helm, name)
        ]

        assert len(keys) == len(set(keys))
