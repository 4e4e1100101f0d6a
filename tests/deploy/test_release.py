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
    pages = [str(it.relative_to(ROOT)) for glob in release._PAGES for it in ROOT.glob(glob)]
    for name in (*release._NAMED, *pages):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG.format(__version__))
    return tmp_path


def test_our_own_parts_name_one_version(tree: Path) -> None:
    assert release.problems(tree, __version__) == []


def test_each_part_that_names_another_is_told(tree: Path) -> None:
    problems = release.problems(tree, "9.9.9")

    told = {problem.partition(" names ")[0] for problem in problems[:-1]}
    assert told > {*release._NAMED, "docs/install.md", "docs/images.md", "docs/opting-out.md"}
    assert f"initsync/__init__.py names {__version__}, not 9.9.9" in problems
    assert problems[-1].startswith("CHANGELOG.md has no section 9.9.9")


def test_a_part_that_names_none_is_told(tree: Path) -> None:
    (tree / "initsync/__init__.py").write_text("")

    assert release.problems(tree, __version__) == [
        f"initsync/__init__.py names none, not {__version__}"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "image: jasm/init:1.2.3",
        "--image=registry.example.com/platform/jasm/injector:1.2.3",
        "{name: jasm/injector, newName: r.example.com/jasm/injector, newTag: 1.2.3}",
        "    targetRevision: v1.2.3",
        "helm install jasm oci://r.example.com/jasm/charts/jasm --version 1.2.3",
        "injection: jasm-init is in the pod, by the injector 1.2.3",
    ],
)
def test_a_pages_example_names_a_version(text: str) -> None:
    assert release.shown(f"{text}\n") == {"1.2.3"}


@pytest.mark.parametrize("text", ["busybox:1.37", "ESO 2.9.0", "from 0.9.0 on", "jasm/init:TAG"])
def test_what_is_of_others_or_told_is_no_version_of_the_release(text: str) -> None:
    assert release.shown(text) == set()


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
