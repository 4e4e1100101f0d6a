"""Lines on a person's terminal, whatever somebody's input holds; the same where there is none."""

import json
import sys
from collections.abc import Sequence

import click

from initsync.wording import one_line

_LINE = 16_384
"""Bytes: fifty screen lines, and far above any sentence or row of ours."""
_CELL = 1_024
"""Bytes: far above any name, path or ARN that people give to secrets."""


def say(text: str, *, err: bool = False) -> None:
    """One line on standard output, or on standard error."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    line = one_line(text, _LINE)
    click.echo(line.encode(encoding, "backslashreplace").decode(encoding), err=err)


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
