"""The page of permissions shows what the command prints, and names all that it takes."""

import re
from pathlib import Path

import click
import pytest

from initsync.cli.manifest import manifest
from initsync.cli.policy import policy
from tests import docs_console
from tests.docs_console import ROOT

PERMISSIONS = (ROOT / "docs" / "permissions.md").read_text()
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
MANIFEST = REFERENCE.partition("## Write the container into manifests")[2].partition("\n## ")[0]
OF_EVERY_COMMAND = {"--timeout", "--verbose"}


@pytest.mark.parametrize("page", docs_console.PAGES, ids=lambda page: page.name)
def test_every_command_prints_what_the_page_shows(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    text = page.read_text()

    assert "$ initsync" in text
    assert docs_console.page(text) == text


@pytest.mark.parametrize(("command", "text"), [(policy, PERMISSIONS), (manifest, MANIFEST)])
def test_every_option_has_its_place_and_no_other_is_named(
    command: click.Command, text: str
) -> None:
    options = {
        name
        for parameter in command.params
        for name in parameter.opts
        if name.startswith("--") and name not in OF_EVERY_COMMAND
    }

    named = set(re.findall(r"`(--[a-z-]+)", re.sub(r"`(aws|helm|kubectl) [^`]*`", "", text)))
    assert named == options - {"--output"}


@pytest.mark.parametrize(("command", "text"), [(policy, PERMISSIONS), (manifest, MANIFEST)])
def test_every_exit_code_of_the_help_is_told(command: click.Command, text: str) -> None:
    codes = set(re.findall(r"^  (\d)  ", command.epilog or "", re.M)) - {"1"}

    assert {code for code in codes if not re.search(rf"(\| {code} \||{code}: )", text)} == set()
