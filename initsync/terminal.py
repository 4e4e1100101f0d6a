"""Lines on a person's terminal, whatever somebody's input holds; the same where there is none."""

import sys
from collections.abc import Sequence

import click


def printable(text: str) -> str:
    """Somebody's input without what a terminal would obey or a line-wise reader would split."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def say(text: str, *, err: bool = False) -> None:
    """One line on standard output, or on standard error."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    click.echo(printable(text).encode(encoding, "backslashreplace").decode(encoding), err=err)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Aligned lines; the last column is as long as it is."""
    cells = [[printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
