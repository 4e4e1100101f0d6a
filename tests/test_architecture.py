"""Imports point one way between folders, and the pod path stays lean. CONTRIBUTING.md says why."""

import ast
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.places import ROOT

# Lowest first. A folder imports only from floors below its own.
FLOORS = (
    ("words",),
    ("annotation", "formats", "network"),
    ("kube", "providers"),
    ("injection", "manifests", "sync"),
    ("pod", "inventory", "permissions"),
    ("doctor",),
    ("cli",),
)
# Folders that stand apart, each with all that it may import. The commands load demo by its name.
APART = {
    "initsync/testing": ("initsync/words",),
    "initsync/demo": ("initsync/words", "initsync/kube", "initsync/testing"),
    # Of kube what a pod says of itself; that no client is loaded is for test_lean.
    "injector/webhook": ("initsync/words", "initsync/injection", "initsync/kube"),
    "injector/certs": ("initsync/words", "initsync/network", "initsync/kube", "initsync/sync"),
    "injector/server": ("initsync/words", "injector/webhook", "injector/certs"),
}
BELOW = {
    f"initsync/{folder}": tuple(f"initsync/{it}" for below in FLOORS[:number] for it in below)
    for number, floor in enumerate(FLOORS)
    for folder in floor
}
EVERYWHERE = [*(f"initsync/{it}" for floor in FLOORS for it in floor), *APART]
ALLOWED = {**BELOW, **APART, "injector/cli": tuple(EVERYWHERE)}
# Packages that cost a start dearly, each with the folders that may import it. That no pod's process
# loads them is for test_lean.
HEAVY = {
    "kubernetes": ("initsync/kube/",),
    "boto3": ("initsync/providers/aws/",),
    "botocore": ("initsync/providers/aws/",),
    "click": ("initsync/cli/", "injector/cli/"),
}
FILES = [
    file.relative_to(ROOT) for it in ("initsync", "injector") for file in ROOT.glob(f"{it}/**/*.py")
]


def folder(module: str) -> str:
    """The package's folder that a module stands in; empty for a package's own few files."""
    parts = module.split(".")
    below = ROOT / parts[0] / (parts[1] if len(parts) > 1 else "")
    return "/".join(parts[:2]) if len(parts) > 1 and below.is_dir() else ""


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse((ROOT / file).read_text())


@cache
def imports(file: Path) -> tuple[str, ...]:
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def names(file: Path) -> set[str]:
    """The folders of ours that a file imports from."""
    ours = (it for it in imports(file) if it.split(".")[0] in ("initsync", "injector"))
    return {found for module in ours if (found := folder(module))}


def test_every_folder_has_its_floor() -> None:
    there = {"/".join(file.parts[:2]) for file in FILES if len(file.parts) > 2}

    assert there == set(ALLOWED)
    assert len(there) <= 20


def test_no_code_stands_beside_the_folders() -> None:
    """A module at the top would have no floor, and could import anything."""
    beside = {str(file) for file in FILES if len(file.parts) == 2}

    assert beside == {
        *("initsync/__init__.py", "initsync/__main__.py"),
        *("injector/__init__.py", "injector/__main__.py"),
    }


@pytest.mark.parametrize("own", ALLOWED)
def test_imports_point_one_way(own: str) -> None:
    upward = {
        f"{file} imports {found}"
        for file in FILES
        if "/".join(file.parts[:2]) == own
        for found in names(file) - {own, *ALLOWED[own]}
    }

    assert upward == set()


@pytest.mark.parametrize("package", ["initsync", "injector"])
def test_a_newcomer_finds_few_things_at_the_top(package: str) -> None:
    assert len([it for it in (ROOT / package).iterdir() if it.name != "__pycache__"]) <= 20


@pytest.mark.parametrize("package", HEAVY)
def test_a_heavy_package_is_imported_in_its_own_place_only(package: str) -> None:
    found = {
        str(file) for file in FILES if any(it.split(".")[0] == package for it in imports(file))
    }

    stand_ins = "initsync/testing/"  # for the cloud: never in a pod
    assert [it for it in found if not it.startswith((*HEAVY[package], stand_ins))] == []


@pytest.mark.parametrize("own", EVERYWHERE)
def test_a_folder_says_in_a_sentence_what_it_is_for(own: str) -> None:
    said = ast.get_docstring(parsed(Path(own) / "__init__.py"))

    assert said is not None
    assert said.splitlines()[0].endswith(".")


def test_files_and_functions_are_short() -> None:
    lengths = []
    for file in FILES:
        assert (ROOT / file).read_text().count("\n") <= 250, file
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lengths.append((node.end_lineno or 0) - node.lineno + 1)
                assert lengths[-1] <= 40, f"{file}: {node.name}"

    assert statistics.median(lengths) <= 8
