"""What `helm install` says at its end: what is missing, and what does not go together."""

import shutil
from collections.abc import Callable

import pytest
import yaml

from tests.chart.examples import options
from tests.chart.helm import CHART, Helm

Notes = Callable[..., str]
OWN_REGISTRY = "--set=imageRegistry=registry.example.com/platform"


@pytest.fixture(scope="module")
def notes(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Notes:
    """By Helm's options. Without a cluster it renders no notes: here they are a manifest."""
    chart = tmp_path_factory.mktemp("notes") / "jasm"
    shutil.copytree(CHART, chart)
    templates = chart / "templates"
    text = (templates / "NOTES.txt").read_text()
    (templates / "_notes.tpl").write_text(f'{{{{ define "notes" }}}}{text}{{{{ end }}}}')
    (templates / "notes.yaml").write_text('said: {{ include "notes" . | toJson }}\n')

    def said(*arguments: str) -> str:
        only = "--show-only=templates/notes.yaml"
        manifest = yaml.safe_load(helm.template(only, OWN_REGISTRY, *arguments, chart=chart))
        return str(manifest["said"])

    return said


WARNINGS = {
    "a registry with what the chart adds to it": (
        "imageRegistry=r.example.com/jasm",
        "The images are named r.example.com/jasm/jasm/init:0.1.0 and "
        "r.example.com/jasm/jasm/injector:0.1.0:",
    ),
    "one image's registry alone": (
        "injection.image.registry=a.example/jasm",
        "The images are named a.example/jasm/jasm/init:0.1.0:",
    ),
    "one replica": ("injector.replicas=1", "injector.replicas is 1: while that pod is replaced"),
    "one at least": (
        "injector.autoscaling.enabled=true,injector.autoscaling.minReplicas=1",
        "injector.autoscaling.minReplicas is 1: while that pod is replaced",
    ),
    "a budget of all replicas": (
        "injector.podDisruptionBudget.minAvailable=2",
        "lets none of 2 pods be evicted",
    ),
    "a budget of all that there may be": (
        "injector.autoscaling.enabled=true,injector.podDisruptionBudget.minAvailable=2",
        "lets none of 2 pods be evicted",
    ),
    "a budget of all in per cent": (
        "injector.podDisruptionBudget.minAvailable=100%",
        "lets none of 2 pods be evicted",
    ),
    "a budget of none": (
        "injector.podDisruptionBudget.maxUnavailable=0",
        "lets none of 2 pods be evicted",
    ),
    "alerts without metrics": (
        "monitoring.prometheusRule.enabled=true",
        "JasmInjectorDown fires unless something",
    ),
    "monitoring of nothing": (
        "injection.mode=policy,monitoring.dashboard.enabled=true",
        "monitoring.dashboard make nothing without an injector",
    ),
    "a CA that nobody knows": ("certificates.mode=secret", "certificates.caBundle is empty"),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_it_warns_of(notes: Notes, case: str) -> None:
    setting, sentence = WARNINGS[case]

    assert sentence in notes(f"--set={setting}")


@pytest.mark.parametrize("example", ["defaults", "high-availability", "monitoring", "policy-mode"])
def test_it_does_not_warn_of_what_is_well(notes: Notes, example: str) -> None:
    said = notes(*options(example))

    assert "Annotate a pod" in said
    assert "\n!" not in said


def test_it_names_the_service_accounts_that_were_given_a_role(notes: Notes) -> None:
    granted = "rbac.namespaces[0].namespace=shop,rbac.namespaces[0].secretNames={db}"

    assert "shop: every ServiceAccount for db" in notes(f"--set={granted}")
