"""From whose registry nodes pull: never from one that the values do not name."""

import re
from pathlib import Path

import pytest
import yaml

from tests.chart.examples import injector
from tests.chart.generated import MANIFESTS
from tests.chart.helm import CHART, NAMESPACE, ROOT, Helm, HelmFailed

INSTALL = ("template", "jasm", str(CHART), f"--namespace={NAMESPACE}")
OWN = "registry.example.com/platform"
SHIPPED = [*MANIFESTS.rglob("*.yaml"), *(ROOT / "deploy/examples").glob("*.yaml")]
# What docker, containerd and podman take for a registry; all else is docker.io's.
# https://github.com/distribution/reference/blob/v0.6.0/normalize.go#L140
_DOMAIN = re.compile(r"^(localhost|[^/]*[.:][^/]*)/")


def installed(helm: Helm, *settings: str) -> str:
    """As by whoever types that; nothing names a registry beside."""
    return helm.run(*INSTALL, *(f"--set={it}" for it in settings))


@pytest.mark.threat("An image is somebody else's")
@pytest.mark.parametrize(
    ("settings", "image"),
    [
        pytest.param([], "jasm/injector", id="nothing"),
        pytest.param(["imageRegistry=platform"], "platform/jasm/injector", id="no host"),
        pytest.param([f"injector.image.registry={OWN}"], "jasm/init", id="the injector's only"),
        pytest.param([f"injection.image.registry={OWN}"], "jasm/injector", id="jasm-init's only"),
        pytest.param(
            ["injection.mode=policy", f"injector.image.registry={OWN}"],
            "jasm/init",
            id="the one that nobody runs",
        ),
    ],
)
def test_without_a_registry_nothing_is_installed_and_the_sentence_says_why(
    helm: Helm, settings: list[str], image: str
) -> None:
    """Whoever has docker.io/jasm would get every annotated pod's token."""
    with pytest.raises(HelmFailed) as refused:
        installed(helm, *settings)

    said = str(refused.value)
    assert f"the image {image} names no registry, and nodes would ask docker.io for it" in said
    assert "set imageRegistry to the registry that you pushed to" in said


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param([f"imageRegistry={OWN}"], id="one for both"),
        pytest.param(["imageRegistry=registry:5000"], id="with a port"),
        pytest.param(["imageRegistry=localhost"], id="this machine"),
        pytest.param(
            [
                f"injection.image.repository={OWN}/jasm/init",
                f"injector.image.repository={OWN}/jasm/injector",
            ],
            id="whole repositories",
        ),
        pytest.param(
            ["injection.mode=policy", f"injection.image.registry={OWN}"], id="of what is pulled"
        ),
    ],
)
def test_a_registry_or_whole_repositories_do(helm: Helm, settings: list[str]) -> None:
    for image in set(re.findall(r"image[:=] ?(\S+)", installed(helm, *settings))):
        assert _DOMAIN.match(image.strip('",')), image


@pytest.mark.parametrize(
    "value", ["imageRegistry", "global.imageRegistry", "injector.image.registry"]
)
def test_a_registry_with_a_scheme_is_refused(helm: Helm, value: str) -> None:
    with pytest.raises(HelmFailed, match="a registry is named without https://"):
        installed(helm, f"imageRegistry={OWN}", f"{value}=https://registry.example.com")


@pytest.mark.threat("An image is somebody else's")
@pytest.mark.parametrize("file", SHIPPED, ids=lambda it: it.name)
def test_what_is_applied_without_helm_names_images_that_resolve_nowhere(file: Path) -> None:
    """Until an overlay or an edit names the registry."""
    named = re.findall(r"\S+/(?:init|injector|full):\S+", file.read_text())

    assert [it for it in named if "registry.invalid/jasm/" not in it] == []


def test_the_manifests_and_the_example_by_hand_name_some() -> None:
    text = "".join(file.read_text() for file in SHIPPED)

    assert set(re.findall(r"registry\.invalid/jasm/(\w+)", text)) == {"init", "injector"}


def test_of_three_registries_the_closest_counts(helm: Helm) -> None:
    """The image's own, then the parent chart's, then the chart's: a released one has that."""
    named = ["imageRegistry=c.example.com", "global.imageRegistry=b.example.com"]
    settings = [*named, "injector.image.registry=a.example.com"]
    found = [it for it in yaml.safe_load_all(installed(helm, *settings)) if it]

    (container,) = injector(found)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "a.example.com/jasm/injector:0.1.0"
    assert "--image=b.example.com/jasm/init:0.1.0" in container["args"]
