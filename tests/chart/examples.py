"""The values examples, and the chart rendered with them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.chart.helm import CHART, Helm

DEFAULTS = "defaults"
FOLDER = CHART / "examples"
NAMES = [DEFAULTS, *sorted(file.stem for file in FOLDER.glob("*.yaml"))]
# What these do is not for namespaces that enforce `restricted`, and they say so.
ON_THE_NODE = {"host-network"}

Object = dict[str, Any]


def options(name: str) -> list[str]:
    """For Helm's command line."""
    return [] if name == DEFAULTS else [f"--values={FOLDER / name}.yaml"]


def objects(helm: Helm, name: str) -> list[Object]:
    """What is applied with that example."""
    return helm.objects(*options(name))


def of_kind(found: list[Object], kind: str) -> list[Object]:
    """Those objects."""
    return [it for it in found if it["kind"] == kind]


def one(found: list[Object], kind: str) -> Object:
    """The only object of that kind."""
    (only,) = of_kind(found, kind)
    return only


def injector(found: list[Object]) -> Object:
    """The Deployment that serves."""
    return of_component(found, "injector")


def certificate_job(found: list[Object]) -> Object:
    """The Deployment that keeps the certificate."""
    return of_component(found, "certificates")


def of_component(found: list[Object], name: str) -> Object:
    """The Deployment of a part of JASM."""
    labels = {"app.kubernetes.io/component": name}.items()
    (only,) = (
        it for it in of_kind(found, "Deployment") if it["metadata"]["labels"].items() >= labels
    )
    return only


def pod_templates(found: list[Object]) -> Iterator[Object]:
    """Every pod that would run, as metadata and spec."""
    for manifest in found:
        if manifest["kind"] == "Pod":
            yield manifest
        elif manifest["kind"] == "Deployment":
            yield manifest["spec"]["template"]


def arguments(found: list[Object]) -> list[str]:
    """The injector's command line, without the program."""
    container = injector(found)["spec"]["template"]["spec"]["containers"][0]
    return [*container["command"][1:], *container["args"]]


def text(name: str) -> str:
    """Of the example's file."""
    return Path(FOLDER / f"{name}.yaml").read_text()
