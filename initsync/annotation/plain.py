"""The annotation's fields, or a list of them, written as plainly as in most examples: no PyYAML.

Importing that costs a pod's start 25 ms of CPU. Here a line is a field, and its value is a text
in any reading of YAML. Whatever else there is, be it valid or not, is for `secrets`.
"""

from collections.abc import Iterable
from typing import NamedTuple

FIELDS = ("provider", "path", "secretName")
LIST = "secrets"
MOST = 50
"""A list has so many entries at most."""
EXAMPLE = "provider, path and secretName, one a line"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FIRST = frozenset(_LETTERS + _LETTERS.upper() + "/")
_PLAIN = _LETTERS + _LETTERS.upper() + "0123456789-_/+=.@:!"
_OTHERS = frozenset(["y", "n", "yes", "no", "true", "false", "on", "off", "null"])
"""Words that some YAML takes for another type, in lower case."""


class Field(NamedTuple):
    """What a field says, and where."""

    value: str
    line: int


def read(text: str) -> dict[str, Field] | None:
    """The fields by name; None where the text is not that plain."""
    if text.count("\n") > len(FIELDS):  # a quarter megabyte of lines is not parted in vain
        return None
    return _read(enumerate(_lines(text), 1))


def entries(text: str) -> list[dict[str, Field]] | None:
    """The fields of each entry in the list `secrets`; None where the text is not that plain.

    Each has all three: what lacks is for `secrets` to say.
    """
    if not text.startswith(f"{LIST}:\n") or text.count("\n") > 1 + MOST * len(FIELDS):
        return None
    _, *lines = _lines(text)
    if not lines:
        return None
    indent = lines[0].partition("-")[0]
    found: list[list[tuple[int, str]]] = []
    for number, line in enumerate(lines, 2):
        begins = line.startswith(f"{indent}- ")
        if begins:
            found.append([])
        if not (begins or line.startswith(f"{indent}  ")):
            return None
        found[-1].append((number, line[len(indent) + 2 :]))
    listed = [_read(lines) or {} for lines in found]
    whole = all(len(fields) == len(FIELDS) for fields in listed)
    return listed if whole and len(listed) <= MOST and not indent.strip(" ") else None


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _read(lines: Iterable[tuple[int, str]]) -> dict[str, Field] | None:
    fields: dict[str, Field] = {}
    for number, line in lines:
        name, _, value = line.partition(": ")
        if name not in FIELDS or name in fields or not _is_plain(value):
            return None
        fields[name] = Field(value, number)
    return fields


def _is_plain(value: str) -> bool:
    return (
        value[:1] in _FIRST
        and not value.strip(_PLAIN)
        and not value.endswith(":")
        and value.lower() not in _OTHERS
    )
