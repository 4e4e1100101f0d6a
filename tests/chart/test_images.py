"""The images are named alike by who builds them, who installs, and whichever examples."""

import re

import pytest

from tests.chart import examples
from tests.chart.examples import arguments, objects, of_kind, options, pod_templates
from tests.chart.helm import ROOT, Helm

REGISTRY = "registry.example.com/platform"
PAGES = {name: (ROOT / f"docs/{name}.md").read_text() for name in ("images", "install")}


def test_an_image_is_named_by_its_digest_in_the_own_registry(helm: Helm) -> None:
    found = objects(helm, "private-registry")
    init, injector = (f"@sha256:{'0' * 63}{number}" for number in (1, 2))

    assert f"--image={REGISTRY}/jasm/init{init}" in arguments(found)
    for template in pod_templates(found):
        container, *_ = template["spec"]["containers"]
        assert container["image"] == f"{REGISTRY}/jasm/injector{injector}"
        assert template["spec"]["imagePullSecrets"] == [{"name": "registry"}]


@pytest.mark.parametrize("name", examples.NAMES)
def test_with_any_example_the_images_are_those_of_the_one_registry(helm: Helm, name: str) -> None:
    """Examples are there to be combined."""
    found = helm.objects(*options(name), *options("private-registry"))
    policies = of_kind(found, "MutatingAdmissionPolicy")

    injected = {it for policy in policies for it in re.findall(r'image: "([^"]+)"', str(policy))}
    injected |= {
        it.removeprefix("--image=")
        for it in (arguments(found) if of_kind(found, "Deployment") else [])
        if it.startswith("--image=")
    }
    own = {it["image"] for pod in pod_templates(found) for it in pod["spec"]["containers"]}

    assert {it.partition("@")[0] for it in injected} == {f"{REGISTRY}/jasm/init"}
    assert {it.partition("@")[0] for it in own} <= {f"{REGISTRY}/jasm/injector"}


def test_what_the_page_of_images_builds_is_what_the_page_of_installing_installs(helm: Helm) -> None:
    (prefix,) = set(re.findall(r"PREFIX=(\S+/\S+) make image", PAGES["images"]))
    (registry,) = set(re.findall(r"imageRegistry[=:] ?(\S+)", PAGES["install"]))

    found = arguments(helm.objects(f"--set=imageRegistry={registry}"))

    assert f"--image={prefix}/init:0.1.0" in found
