"""docs/decisions.md: each number that the repository names has one paragraph there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.places import ROOT

PAGE = (ROOT / "docs/decisions.md").read_text("utf-8")
NUMBER = re.compile(r"\b[DF][1-9]\d?\b")
HEADED = re.findall(r"^\*\*([DF]\d+)\. ", PAGE, re.M)
TOPS = ("initsync", "injector", "tests", "deploy", "docs")
KINDS = {".py", ".md", ".yaml", ".tpl", ".txt", ".json", ".sh", ".go", ".tf", ".toml"}


def texts() -> Iterator[Path]:
    yield from (file for file in ROOT.iterdir() if file.is_file())
    for top in TOPS:
        yield from (file for file in (ROOT / top).rglob("*") if file.suffix in KINDS)


def named() -> dict[str, str]:
    """Each number with one file that names it."""
    return {
        number: str(file.relative_to(ROOT))
        for file in texts()
        for number in NUMBER.findall(file.read_text("utf-8", errors="replace"))
    }


def test_every_number_leads_to_its_paragraph() -> None:
    found = named()

    assert {"D1", "F13"} <= found.keys()
    assert {number: file for number, file in found.items() if number not in HEADED} == {}


@pytest.mark.parametrize("letter", "DF")
def test_numbers_are_in_order_and_each_is_there_once(letter: str) -> None:
    """Decisions stand where their matter does; only facts are in one row."""
    numbers = [int(it[1:]) for it in HEADED if it.startswith(letter)]

    assert len(numbers) == len(set(numbers))
    assert letter == "D" or numbers == sorted(numbers)


def test_nobody_is_sent_to_papers_that_are_not_in_the_repository() -> None:
    """`D6` and `notes F13` were such."""
    elsewhere = re.compile(r"\b(?:design|notes|seed)`? (?:[DF]\d|data model)|, design [DF]\d")

    assert [
        str(file.relative_to(ROOT))
        for file in texts()
        if file != Path(__file__) and "previous" not in file.parts  # the chart as it was released
        if elsewhere.search(file.read_text("utf-8", errors="replace"))
    ] == []
