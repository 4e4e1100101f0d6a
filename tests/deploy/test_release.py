"""A tag is released when every part names its version, and the changelog tells it."""

import shutil
from pathlib import Path

import pytest

from deploy import release
from initsync import __version__

ROOT = Path(__file__).parents[2]
CHANGELOG = "# Changelog\n\n## Unreleased\n\n## {} - 2026-06-01\n\n- New.\n\n## 0.0.1\n\n- Old.\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The files that name a version."""
    for name in release._NAMED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG.format(__version__))
    return tmp_path


def test_our_own_parts_name_one_version(tree: Path) -> None:
    assert release.problems(tree, __version__) == []


def test_each_part_that_names_another_is_told(tree: Path) -> None:
    problems = release.problems(tree, "9.9.9")

    assert len(problems) == len(release._NAMED) + 1
    assert f"initsync/__init__.py names {__version__}, not 9.9.9" in problems
    assert problems[-1].startswith("CHANGELOG.md has no section 9.9.9")


def test_a_part_that_names_none_is_told(tree: Path) -> None:
    (tree / "initsync/__init__.py").write_text("")

    assert release.problems(tree, __version__) == [
        f"initsync/__init__.py names none, not {__version__}"
    ]


@pytest.mark.parametrize(
    ("version", "text"), [("1.2.3", "- New."), ("0.0.1", "- Old."), ("1.2", ""), ("1x2.3", "")]
)
def test_the_notes_are_the_changelogs_section(version: str, text: str) -> None:
    assert release.notes(CHANGELOG.format("1.2.3"), version) == text


def test_a_version_that_is_not_ready_ends_with_one_and_no_notes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert release.main(["v9.9.9", "--notes"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert "error: initsync/__init__.py names" in said.err
