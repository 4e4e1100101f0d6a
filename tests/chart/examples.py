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


def pod_templates(found: list[Object]) -> Iterator[Object]:
    """Every pod that would run, as metadata and spec."""
    for manifest in found:
        spec = manifest.get("spec", {})
        if manifest["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if manifest["kind"] == "Pod":
            yield manifest
        elif manifest["kind"] in ("Deployment", "Job", "CronJob"):
            yield spec["template"]


def arguments(found: list[Object]) -> list[str]:
    """The injector's command line, without the program."""
    container = one(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    return [*container["command"][1:], *container["args"]]


def text(name: str) -> str:
    """Of the example's file."""
    return Path(FOLDER / f"{name}.yaml").read_text()
