"""The chart as the release packages it installs the images of that release, by digest."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from deploy import pin
from initsync import __version__
from tests.chart.helm import CHART, Helm

REGISTRY = "ghcr.io/acme"
DIGESTS = {
    name: f"sha256:{number:064x}" for number, name in enumerate(("init", "injector", "full"))
}
VALUES = (CHART / "values.yaml").read_text()


@pytest.fixture
def package(helm: Helm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `helm package` makes of it."""
    chart = shutil.copytree(CHART, tmp_path / "jasm")
    monkeypatch.setattr(pin, "VALUES", chart / "values.yaml")
    pin.main(REGISTRY, json.dumps(DIGESTS))
    helm.run("package", str(chart), f"--destination={tmp_path}")
    (made,) = tmp_path.glob("jasm-*.tgz")
    return made


def images(text: str) -> set[str]:
    """Every one that the manifests name."""
    return set(re.findall(r"[\w./:-]*jasm/(?:init|injector)[\w@:.-]*", text))


def test_it_installs_the_released_images_and_no_others(helm: Helm, package: Path) -> None:
    ours = {name: f"{REGISTRY}/jasm/{name}@{DIGESTS[name]}" for name in pin.IMAGES}

    found = images(helm.template(chart=package))
    by_policy = images(helm.template("--set=injection.mode=policy", chart=package))

    assert found == set(ours.values())
    assert by_policy == {ours["init"]}


def test_a_mirror_is_named_by_one_value_and_has_the_same_images(helm: Helm, package: Path) -> None:
    found = images(helm.template("--set=imageRegistry=mirror.example.com/x", chart=package))

    assert found == {f"mirror.example.com/x/jasm/{it}@{DIGESTS[it]}" for it in pin.IMAGES}


def test_a_further_build_is_the_same_version_of_jasm(helm: Helm, package: Path) -> None:
    again = f"--version={__version__}+2"
    helm.run("package", str(package.with_name("jasm")), again, f"--destination={package.parent}")
    (made,) = package.parent.glob("jasm-*+2.tgz")

    found = helm.template(chart=made)

    assert f'app.kubernetes.io/version: "{__version__}"' in found
    assert f"helm.sh/chart: jasm-{__version__}_2" in found


def test_nothing_else_in_the_values_changes() -> None:
    before, after = (
        yaml.safe_load(text) for text in (VALUES, pin.pinned(VALUES, REGISTRY, DIGESTS))
    )

    before["imageRegistry"] = REGISTRY
    for section, name in (("injection", "init"), ("injector", "injector")):
        before[section]["image"]["digest"] = DIGESTS[name]
    assert after == before


@pytest.mark.parametrize(
    ("registry", "digests", "said"),
    [
        ("", DIGESTS, "'' is no registry"),
        ("https://ghcr.io", DIGESTS, "'https://ghcr.io' is no registry"),
        (REGISTRY, {"init": DIGESTS["init"]}, "the digest of injector is ''"),
        (REGISTRY, {**DIGESTS, "init": "latest"}, "the digest of init is 'latest'"),
    ],
)
def test_what_names_no_image_is_refused(registry: str, digests: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        pin.pinned(VALUES, registry, digests)


def test_a_chart_that_is_pinned_already_is_refused() -> None:
    pinned = pin.pinned(VALUES, REGISTRY, DIGESTS)

    with pytest.raises(ValueError, match=r"values\.yaml has 0 times an empty imageRegistry"):
        pin.pinned(pinned, REGISTRY, DIGESTS)
