"""What `jasm-init` and `jasm-wait` answer a person, in place of trying to sync."""

import re
import subprocess
import sys

import pytest

from initsync import __version__
from initsync.pod.help import TEXTS
from tests.places import ROOT

MODULES = {"jasm-init": "initsync.pod.main", "jasm-wait": "initsync.pod.wait"}
VARIABLE = re.compile(r"\bJASM_\w+")


def run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    code = f"from {MODULES[program]} import main; main()"
    return subprocess.run(
        [
            sys.executable,
            "-IS",
            "-c",
            f"import sys; sys.path[:0] = {sys.path!r}\n{code}",
            *arguments,
        ],
        env={"JASM_PODINFO_DIR": "/none"},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("program", MODULES)
def test_its_version(program: str) -> None:
    ended = run(program, "--version")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{program} {__version__}\n"


@pytest.mark.parametrize("program", MODULES)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_its_help(program: str, option: str) -> None:
    ended = run(program, option)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"usage: {program}\n")
    assert max(map(len, ended.stdout.splitlines())) < 90


@pytest.mark.parametrize("program", MODULES)
def test_anything_else_is_no_question(program: str) -> None:
    ended = run(program, "sync")

    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ")


def test_the_help_names_the_variables_of_the_reference() -> None:
    page = (ROOT / "docs/reference.md").read_text()
    table = page.partition("\n## The init container\n")[2].partition("\n\nOf AWS's")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `JASM_")]

    assert VARIABLE.findall(TEXTS["jasm-init"]) == [
        name for row in rows for name in VARIABLE.findall(row)
    ]


def test_the_help_names_the_variables_that_the_waiter_reads() -> None:
    source = (ROOT / "initsync/pod/wait.py").read_text()

    read = {name.removesuffix("_") for name in VARIABLE.findall(source)}
    told = TEXTS["jasm-wait"]
    assert {name for name in read if name not in told} == set()
