"""docs/security.md: every threat says what it is worth, and names tests that are there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs_blocks import manifests

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/security.md").read_text()
THREATS = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##)", PAGE, re.M | re.S))
HELD = re.compile(r"^- `(tests/[\w/.]+\.py)::([\w:]+)`$", re.M)
NAMED = ("token", "annotation", "tenant", "port", "injector", "cloud role", "node", "audit log")


def marked(file: Path) -> Iterator[tuple[str, str, str]]:
    """Threat, file and name of each test that carries the mark, as pytest calls it."""
    path = str(file.relative_to(ROOT))
    for node in ast.parse(file.read_text()).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        for test in inner:
            if isinstance(test, ast.FunctionDef):
                yield from ((threat, path, before + test.name) for threat in threats_of(test))


def threats_of(test: ast.FunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.threat":
            yield from map(ast.literal_eval, mark.args)


@pytest.mark.parametrize("threat", THREATS)
def test_a_threat_names_the_tests_that_hold_it(threat: str) -> None:
    text, _, held = THREATS[threat].partition("Held by:\n")

    assert "**Stopped**: " in text
    assert "**Not stopped**: " in text
    assert len(HELD.findall(held)) == held.count("\n- ") >= 1


def test_they_are_those_that_carry_its_name() -> None:
    files = [it for it in ROOT.glob("tests/**/test_*.py") if "mark.threat" in it.read_text()]

    shown = [(threat, *test) for threat, text in THREATS.items() for test in HELD.findall(text)]

    assert sorted(shown) == sorted(it for file in files for it in marked(file))


def tried() -> Iterator[list[str]]:
    """The rows of the attacks that were tried: attack, what stops it, tests."""
    table = PAGE.partition("## Attacks that were tried\n")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    yield from ([cell.strip() for cell in row[1:-1].split(" | ")] for row in rows)


def test_each_attack_that_was_tried_names_tests_that_are_there() -> None:
    for attack, stopped_by, tests in tried():
        named = re.findall(r"`(tests/[\w/.]+\.py)::(?:\w+::)*(\w+)`", tests)
        assert attack
        assert stopped_by
        assert named, attack
        for file, test in named:
            assert f"def {test}(" in (ROOT / file).read_text()


@pytest.mark.parametrize("who", NAMED)
def test_no_threat_is_forgotten(who: str) -> None:
    assert [title for title in THREATS if who in title]


def test_every_way_to_try_a_stolen_token_is_under_its_threat() -> None:
    file = ROOT / "tests/cluster/test_guard_stolen_token.py"
    (attacks,) = (it for it in ast.parse(file.read_text()).body if isinstance(it, ast.ClassDef))

    tests = [it for it in attacks.body if isinstance(it, ast.FunctionDef)]
    assert [it.name for it in tests if "A pod's token is stolen" not in threats_of(it)] == []


def test_what_commands_for_people_create_is_in_the_table_of_rights() -> None:
    """By the ClusterRole that the doctor's page shows, and what it says of --as-pod."""
    (role,) = (it for it in manifests("troubleshooting") if it["kind"] == "ClusterRole")
    created = {
        name for rule in role["rules"] if "create" in rule["verbs"] for name in rule["resources"]
    }

    rows = [line for line in PAGE.splitlines() if line.startswith("| `initsync doctor")]

    assert created == {"localsubjectaccessreviews"}
    for resource in (*created, "serviceaccounts/token"):
        assert [row for row in rows if f"`{resource}`" in row and row.endswith("| create |")]


def test_vulnerabilities_have_an_address() -> None:
    assert "](../SECURITY.md)" in PAGE
    assert "Report a\nvulnerability" in (ROOT / "SECURITY.md").read_text()
