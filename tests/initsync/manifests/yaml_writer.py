"""YAML as people and tools write it: the same value in another style at each place of it."""

import json
import re
from random import Random
from typing import Any

_PLAIN = re.compile(r"[a-z/][-a-z0-9/._]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_COMMENTS = ["", "", "", " # it's", " # - a: {,", "  # [", " #,"]
_LINES = ["", "", "", "\n", "# ---,\n", "   # b: ]\n\n"]
_BLANKS = ["", "", " ", "  ", "\n{}", " # c,\n{}", "\n\n{}# }}\n{}"]


class Writer:
    """Writes a map; `random` chooses how."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._one = random.choice

    def document(self, value: dict[str, Any]) -> str:
        """The text; at times without an end of its last line."""
        if self._random.randint(0, 9) == 0:
            return self._flow(value, " ")
        text = self._one(_LINES) + self._block(value, 0)
        return text if text.endswith("\n\n") or self._maybe() else text[:-1]

    def _block(self, value: Any, column: int) -> str:
        """Whole lines, each at least at that column."""
        pad = " " * column
        if isinstance(value, list):
            return "".join(f"{pad}-{self._item(one, column)}" for one in value)
        return "".join(
            f"{pad}{self._key(name)}:{self._value(one, column)}" for name, one in value.items()
        )

    def _item(self, value: Any, column: int) -> str:
        if value and isinstance(value, dict) and self._maybe():
            gap = self._random.randint(1, 3)
            return " " * gap + self._block(value, column + 1 + gap)[column + 1 + gap :]
        return self._value(value, column)

    def _value(self, value: Any, column: int) -> str:
        """What comes behind the colon or the dash, to the end of its last line."""
        if value and isinstance(value, (dict, list)) and self._random.randint(0, 2):
            further = self._random.randint(0 if isinstance(value, list) else 1, 4)
            inner = self._block(value, column + max(further, 1))
            return f"{self._one(_COMMENTS)}\n{self._one(_LINES)}{inner}"
        if isinstance(value, str) and self._maybe() and _fits_block(value):
            return self._literal(value, column)
        if value is None and self._maybe():
            return f"{self._one(_COMMENTS)}\n{self._one(_LINES)}"
        flow = self._flow(value, " " * (column + 1))
        return f" {flow}{self._one(_COMMENTS)}\n{self._one(_LINES)}"

    def _literal(self, value: str, column: int) -> str:
        pad = " " * (column + self._random.randint(1, 3))
        keeps = value.endswith("\n")
        chomp = self._one(["", "+"]) if keeps else "-"
        lines = value.removesuffix("\n").split("\n")
        return f" |{chomp}{self._one(_COMMENTS)}\n" + "".join(f"{pad}{line}\n" for line in lines)

    def _flow(self, value: Any, pad: str) -> str:
        if isinstance(value, dict):
            pairs = [f"{self._key(name)}: {self._flow(one, pad)}" for name, one in value.items()]
            return "{" + self._parted(pairs, pad) + "}"
        if isinstance(value, list):
            return "[" + self._parted([self._flow(one, pad) for one in value], pad) + "]"
        return self._scalar(value)

    def _parted(self, parts: list[str], pad: str) -> str:
        last = "," if parts and self._maybe() else ""
        said = "".join(
            self._blank(pad) + part + self._blank(pad) + ("," if number < len(parts) else last)
            for number, part in enumerate(parts, 1)
        )
        return said + self._blank(pad)

    def _blank(self, pad: str) -> str:
        return self._one(_BLANKS).replace("{}", pad).replace("}}", "}")

    def _maybe(self) -> bool:
        return self._random.random() < 0.5

    def _key(self, name: str) -> str:
        return self._scalar(name)

    def _scalar(self, value: Any) -> str:
        plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _WORDS
        return str(value) if plain and self._maybe() else json.dumps(value)


def _fits_block(text: str) -> bool:
    """Whether the text can be a literal block as it is, without saying how far it is set in."""
    return bool(re.fullmatch(r"(?:[!-~][ -~]*\n)*[!-~][ -~]*\n?", text))
