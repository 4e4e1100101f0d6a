"""What commands for people print, with strangers' text in it."""

import json

import pytest

from initsync import terminal

HOSTILE = "\x1b]0;title\x07\x9b2J\u202eevil\none more"


def test_a_line_is_one_that_no_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say(HOSTILE * 100_000)

    line = capsys.readouterr().out.removesuffix("\n")
    assert line.isprintable()
    assert len(line.encode()) <= 16_384


def test_a_cell_of_a_stranger_does_not_widen_the_table() -> None:
    head, short, long = terminal.table(["NAME", "AGE"], [["db", "1h"], [HOSTILE * 100_000, "2h"]])

    assert head.startswith("NAME  ")
    assert short.startswith("db  ")
    assert long.isprintable()
    assert max(len(line.encode()) for line in (head, short, long)) < 1_100


def test_what_programs_read_is_whole_and_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say_json({"found": HOSTILE * 10_000})

    line = capsys.readouterr().out.removesuffix("\n")
    assert line.isprintable()
    assert json.loads(line) == {"found": HOSTILE * 10_000}


def test_what_programs_read_is_no_command_to_a_ci_runner(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {"##[error]": ["##vso[x]", "###"]}

    terminal.say_json(found)

    line = capsys.readouterr().out
    assert "##" not in line
    assert json.loads(line) == found
