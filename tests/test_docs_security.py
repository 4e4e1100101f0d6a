"""docs/security.md: every threat says what it is worth, and names tests that are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/security.md").read_text()
THREATS = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##)", PAGE, re.M | re.S))
HELD = re.compile(r"^- `(tests/[\w/.]+\.py)::([\w:]+)`$", re.M)
NAMED = ("token", "annotation", "tenant", "injector", "cloud role", "node", "audit log")


def names(file: Path) -> set[str]:
    """Every test of a file, as pytest calls it."""
    found = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ClassDef):
            inner = (it for it in node.body if isinstance(it, ast.FunctionDef))
            found |= {f"{node.name}::{it.name}" for it in inner}
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


@pytest.mark.parametrize("threat", THREATS)
def test_a_threat_names_the_tests_that_hold_it(threat: str) -> None:
    text, _, held = THREATS[threat].partition("Held by:\n")

    assert "**Stopped**: " in text
    assert "**Not stopped**: " in text
    tests = HELD.findall(held)
    assert len(tests) == held.count("\n- ") >= 1
    assert [test for test in tests if test[1] not in names(ROOT / test[0])] == []


@pytest.mark.parametrize("who", NAMED)
def test_no_threat_is_forgotten(who: str) -> None:
    assert [title for title in THREATS if who in title]


def test_every_way_to_try_a_stolen_token_is_under_its_threat() -> None:
    file = "tests/cluster/test_guard_stolen_token.py"
    held = {name for path, name in HELD.findall(PAGE) if path == file}
    attacks = {name for name in names(ROOT / file) if name.startswith("TestStolenToken::")}

    assert attacks <= held


def test_vulnerabilities_have_an_address() -> None:
    assert "](../SECURITY.md)" in PAGE
    assert "Report a\nvulnerability" in (ROOT / "SECURITY.md").read_text()
