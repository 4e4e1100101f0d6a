"""The annotation's fields, where they are written as plainly as in every example: without PyYAML.

Importing that costs every pod start a tenth of its CPU. Here a line is a field, and its value is
a text in any reading of YAML. Whatever else there is, be it valid or not, is for `secrets`.
"""

from typing import NamedTuple

FIELDS = ("provider", "path", "secretName")
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
    fields: dict[str, Field] = {}
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
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
