"""A part of the benchmark prints, writes and judges; the parts together run all of them."""

import argparse
import importlib
import json
from pathlib import Path

import pytest

from initsync.testing.controlplane.toolchain import MissingToolchain
from tests.bench import part
from tests.bench.__main__ import PARTS
from tests.bench.part import Result


def test_a_missed_bar_is_printed_written_and_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    chosen = argparse.Namespace(json=file)

    assert part.run(lambda _: Result("a table", {"rows": []}, ["too slow"]), chosen) == 1
    assert capsys.readouterr().out == "a table\ntoo slow\n"
    assert json.loads(file.read_text()) == {"rows": [], "missed": ["too slow"]}
    assert part.run(lambda _: Result("a table", {}, []), argparse.Namespace(json=None)) == 0


def test_without_go_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    def measure(_: argparse.Namespace) -> Result:
        raise MissingToolchain("install Go")

    assert part.run(measure, argparse.Namespace(json=None)) == 2
    assert capsys.readouterr().err == "what is measured cannot be built: install Go\n"


@pytest.mark.parametrize("program", PARTS.values())
def test_each_part_is_a_program_that_can_be_quick(
    program: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [program, "--help"])

    with pytest.raises(SystemExit):
        importlib.import_module(f"tests.bench.{program}").main()

    assert "--quick" in capsys.readouterr().out
