"""Values as HCL text, laid out as `terraform fmt` does. Pure.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

_STEP = "  "
_SHORT = 60  # characters of a list on one line
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class Code(str):
    """An expression that is HCL already, such as a reference."""

    __slots__ = ()


class Call(NamedTuple):
    """A function, and what it is called with."""

    name: str
    value: Any


class Block(NamedTuple):
    """`kind "label" { … }`; `body` is attributes, and blocks behind them."""

    kind: str
    labels: tuple[str, ...]
    body: dict[str, Any]
    blocks: tuple["Block", ...] = ()


def string(text: str) -> str:
    """The text as a quoted HCL string, in which no `${` or `%{` is evaluated."""
    quoted = "".join(_ESCAPES.get(sign, sign) for sign in text)
    return '"' + re.sub(r"([$%])(?={)", r"\1\1", quoted) + '"'


def block(found: Block) -> str:
    """Its lines, without an end of line behind the last."""
    return "\n".join(_block(found))


def _block(found: Block) -> Iterator[str]:
    yield " ".join([found.kind, *map(string, found.labels), "{"])
    yield from _indented(_assigned(found.body))
    for number, inner in enumerate(found.blocks):
        if found.body or number:
            yield ""
        yield from _indented(_block(inner))
    yield "}"


def _assigned(body: dict[str, Any]) -> Iterator[str]:
    """Neighbours of one line each have their signs below each other."""
    rows = [(_key(name), _value(value)) for name, value in body.items()]
    for short, group in groupby(rows, lambda row: len(row[1]) == 1):
        neighbours = list(group)
        width = max(len(name) for name, _ in neighbours) if short else 0
        for name, (first, *rest) in neighbours:
            yield f"{name.ljust(width)} = {first}"
            yield from rest


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else string(name)


def _value(value: Any) -> list[str]:
    if isinstance(value, Code):
        return [str(value)]
    if isinstance(value, str):
        return [string(value)]
    if isinstance(value, Call):
        first, *rest = _value(value.value)
        return _closed(f"{value.name}({first}", rest, ")")
    if isinstance(value, dict):
        return ["{", *_indented(_assigned(value)), "}"]
    return _list(value)


def _list(values: list[Any]) -> list[str]:
    short = f"[{', '.join(map(string, values))}]" if all(map(_is_text, values)) else ""
    if short and (len(short) <= _SHORT or len(values) == 1):
        return [short]
    lines: list[str] = []
    for value in values:
        first, *rest = _value(value)
        lines += _closed(first, rest, ",")
    return ["[", *_indented(lines), "]"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Code)


def _closed(first: str, rest: list[str], end: str) -> list[str]:
    lines = [first, *rest]
    return [*lines[:-1], lines[-1] + end]


def _indented(lines: Iterable[str]) -> Iterator[str]:
    yield from (_STEP + line if line else "" for line in lines)
