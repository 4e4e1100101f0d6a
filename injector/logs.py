"""One JSON object a line on standard error. What is logged is named here; a pod never is."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import TextIO

import orjson

from initsync.wording import one_line

_TEXT = 128  # bytes of a field: strangers choose names of megabytes
_LINES = 50  # of one kind a second


class Log:
    """Writes to `stream`; `now` in epoch seconds."""

    def __init__(self, stream: TextIO = sys.stderr, now: Callable[[], float] = time.time) -> None:
        self._stream, self._now = stream, now
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
        entry = {"time": _stamp(self._second), "level": level, "message": message}
        cut = {name: one_line(it, _TEXT) for name, it in fields.items() if isinstance(it, str)}
        self._stream.write(
            orjson.dumps({**entry, **fields, **cut}, option=orjson.OPT_APPEND_NEWLINE).decode()
        )
        self._stream.flush()


@lru_cache(maxsize=1)
def _stamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
