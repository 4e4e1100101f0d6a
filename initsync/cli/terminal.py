"""Lines on a person's terminal, whatever somebody's input holds; the same where there is none."""

import io
import json
import os
import sys
from collections.abc import Sequence
from typing import TextIO, cast

import click

from initsync.words.wording import one_line

_LINE = 16_384
"""Bytes: fifty screen lines, and far above any sentence or row of ours."""
_CELL = 1_024
"""Bytes: far above any name, path or ARN that people give to secrets."""


_COLOURS = {"error:": "red", "warning:": "yellow"}
"""The colour of a line, by its first word on standard error."""


def say(text: str, *, err: bool = False, colour: str | None = None) -> None:
    """One line on standard output, or on standard error; its first word in `colour`, if any."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    line = one_line(text, _LINE).encode(encoding, "backslashreplace").decode(encoding)
    click.echo(_painted(line, colour, err=err), err=err)


def _painted(line: str, colour: str | None = None, *, err: bool = True) -> str:
    """The line for click, which takes colours out where there is no terminal."""
    first = line.partition(" ")[0]
    chosen = colour or (_COLOURS.get(first) if err else None)
    if not chosen or os.environ.get("NO_COLOR"):  # https://no-color.org
        return line
    return click.style(first, fg=chosen) + line.removeprefix(first)


class _Stderr(io.TextIOBase):
    def write(self, line: str) -> int:
        """Write one line, whose end it has."""
        click.echo(_painted(line), nl=False, err=True)
        return len(line)


def stderr() -> TextIO:
    """Standard error for a log that a person reads, in the colours of `say`."""
    return cast("TextIO", _Stderr())


def say_json(found: object) -> None:
    """One JSON document on standard output, whole."""
    click.echo(json_text(found))


def json_text(found: object, indent: int | None = None) -> str:
    """JSON for programs, in ASCII, and like a line without what a CI runner obeys."""
    return json.dumps(found, indent=indent).replace("##", r"#\u0023")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Aligned lines; the last column is as long as it is."""
    cells = [[one_line(cell, _CELL) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
