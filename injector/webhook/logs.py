"""One JSON object a line on standard error, or one text. What is logged is named here; a pod never
is.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TextIO

import orjson

from initsync.words.wording import one_line

FORMATS = ("json", "text")
LEVELS = ("info", "warning", "error")
_TEXT = 128  # bytes of a field: strangers choose names of megabytes
_LINES = 50  # of one kind a second


class Log:
    """Writes to `stream` what is of the level `least` or more; `now` in epoch seconds."""

    def __init__(
        self,
        stream: TextIO = sys.stderr,
        now: Callable[[], float] = time.time,
        form: str = FORMATS[0],
        least: str = LEVELS[0],
    ) -> None:
        self._stream, self._now = stream, now
        self._written = _json if form == "json" else _text
        self._levels = LEVELS[LEVELS.index(least) :]
        self._second = 0
        self._said = Counter[tuple[str, str]]()

    def line(self, level: str, message: str, **fields: str | float | bool) -> None:
        """One line, at once; one of too many is counted instead."""
        self.tell_left_out()
        self._said[level, message] += 1
        if self._said[level, message] <= _LINES:
            self._write(level, message, fields)

    def tell_left_out(self) -> None:
        """Write how many lines an earlier second had of a kind beyond those that were written."""
        if (second := int(self._now())) == self._second:
            return
        said, self._said, self._second = self._said, Counter(), second
        for (level, message), number in said.items():
            if number > _LINES:
                self._write(level, message, {"left_out": number - _LINES})

    def _write(self, level: str, message: str, fields: dict[str, str | float | bool]) -> None:
        if level not in self._levels:
            return
        entry = {"time": _stamp(self._second), "level": level, "message": message}
        cut = {name: one_line(it, _TEXT) for name, it in fields.items() if isinstance(it, str)}
        self._stream.write(self._written({**entry, **fields, **cut}))
        self._stream.flush()


def _json(entry: Mapping[str, object]) -> str:
    return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE).decode()


def _text(entry: Mapping[str, object]) -> str:
    """Fields as logfmt has them, quoted where they have white space."""
    said = [str(entry[name]) for name in ("time", "level", "message")]
    more = (name for name in entry if name not in ("time", "level", "message"))
    said += [f"{name}={_quoted(str(entry[name]))}" for name in more]
    return f"{' '.join(said)}\n"


def _quoted(text: str) -> str:
    plain = text and text.isprintable() and not set(text) & set(' "=')
    return text if plain else orjson.dumps(text).decode()


@lru_cache(maxsize=1)
def _stamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
