"""JASM as a dependency of a chart of somebody's own, rendered by the real Helm."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import docs_blocks
from tests.chart.examples import arguments, injector, of_kind, pod_templates
from tests.chart.helm import CHART, Helm, HelmFailed

ABOUT = {"apiVersion": "v2", "name": "platform", "version": "1.0.0"}
OWN = "registry.example.com/platform"


class Umbrella:
    """A chart that has ours in its charts/, by whatever name."""

    def __init__(self, helm: Helm, place: Path) -> None:
        self._helm, self._place = helm, place
        (place / "charts").mkdir(parents=True)
        shutil.copytree(CHART, place / "charts/jasm")
        self.depend(condition="jasm.enabled")

    def depend(self, **more: str) -> None:
        dependency = {"name": "jasm", "version": "0.1.0", **more}
        text = yaml.safe_dump({**ABOUT, "dependencies": [dependency]})
        (self._place / "Chart.yaml").write_text(text)

    def objects(self, values: Any) -> list[dict[str, Any]]:
        """Raises HelmFailed."""
        (self._place / "values.yaml").write_text(yaml.safe_dump(values))
        found = yaml.safe_load_all(self._helm.run("template", "platform", str(self._place)))
        return [it for it in found if it]


@pytest.fixture
def umbrella(helm: Helm, tmp_path: Path) -> Umbrella:
    return Umbrella(helm, tmp_path / "platform")


@pytest.fixture
def umbrella_4(helm_4: Helm, tmp_path: Path) -> Umbrella:
    return Umbrella(helm_4, tmp_path / "platform")


def test_its_condition_switches_jasm_on_and_off(umbrella: Umbrella) -> None:
    registry = {"global": {"imageRegistry": OWN}}

    assert umbrella.objects(registry | {"jasm": {"enabled": False}}) == []
    assert of_kind(umbrella.objects(registry | {"jasm": {"enabled": True}}), "Deployment")


def test_the_page_s_parent_chart_has_jasm_with_its_values(umbrella: Umbrella) -> None:
    (about,) = docs_blocks.marked("install", "Chart.yaml")
    (values,) = docs_blocks.marked("install", "values of your chart")
    (dependency,) = yaml.safe_load(about)["dependencies"]
    umbrella.depend(condition=dependency["condition"], version=dependency["version"])

    found = umbrella.objects(yaml.safe_load(values))

    assert injector(found)["spec"]["replicas"] == 3
    assert f"--image={OWN}/jasm/init:0.1.0" in arguments(found)


def test_a_condition_that_is_missing_is_told(umbrella: Umbrella) -> None:
    """Else JASM would be installed although the values say that it is not."""
    umbrella.depend()

    with pytest.raises(HelmFailed, match=r"in Chart\.yaml: condition: jasm\.enabled"):
        umbrella.objects({"jasm": {"enabled": False, "imageRegistry": OWN}})


@pytest.mark.parametrize("kind", ["umbrella", "umbrella_4"])
def test_the_global_registry_and_pull_secrets_are_those_of_every_pod(
    request: pytest.FixtureRequest, kind: str
) -> None:
    """A released chart has a registry of its own by then: that of whoever released it."""
    umbrella: Umbrella = request.getfixturevalue(kind)
    own = {"imageRegistry": "ghcr.io/acme", "imagePullSecrets": ["own", "both"]}
    above = {"imageRegistry": OWN, "imagePullSecrets": [{"name": "above"}, "both"]}

    found = umbrella.objects({"global": above, "jasm": own})

    pods = list(pod_templates(found))
    assert len(pods) >= 3
    for pod in pods:
        assert pod["spec"]["containers"][0]["image"].startswith(f"{OWN}/jasm/")
        names = [it["name"] for it in pod["spec"]["imagePullSecrets"]]
        assert names == ["above", "both", "own"]
    assert f"--image={OWN}/jasm/init:0.1.0" in arguments(found)


def test_values_of_others_beside_the_globals_are_no_mistake(umbrella: Umbrella) -> None:
    shared = {"imageRegistry": OWN, "storageClass": "fast", "domain": "example.com"}

    assert umbrella.objects({"global": shared})


def test_another_name_for_the_dependency_changes_no_object(umbrella: Umbrella) -> None:
    registry = {"global": {"imageRegistry": OWN}}
    named = {it["metadata"]["name"] for it in umbrella.objects(registry)}
    umbrella.depend(alias="secrets")

    assert {it["metadata"]["name"] for it in umbrella.objects(registry)} == named
