"""What commands for people print, with strangers' text in it."""

import json

import pytest

from initsync.cli import terminal

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


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_on_a_terminal_the_first_word_has_its_colour(
    on_a_terminal: None, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.say("ok      pod: it is there", colour="green")
    terminal.say("error: it is not", err=True)
    terminal.stderr().write("warning: it is late\n")
    terminal.say("error: of a pod called error:")
    terminal.say("no: it is not", err=True)

    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "\x1b[32mok\x1b[0m      pod: it is there",
        "error: of a pod called error:",
    ]
    assert said.err.splitlines() == [
        "\x1b[31merror:\x1b[0m it is not",
        "\x1b[33mwarning:\x1b[0m it is late",
        "no: it is not",
    ]


def test_a_stranger_on_a_terminal_brings_no_colour(
    on_a_terminal: None, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.say(f"failed  {HOSTILE}", colour="red")

    assert capsys.readouterr().out.count("\x1b") == 2


def test_whoever_wants_none_has_none(
    on_a_terminal: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    terminal.say("error: it is not", err=True)

    assert capsys.readouterr().err == "error: it is not\n"


def test_without_a_terminal_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say("ok      pod: it is there", colour="green")
    terminal.stderr().write("error: it is not\n")

    assert capsys.readouterr() == ("ok      pod: it is there\n", "error: it is not\n")


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
