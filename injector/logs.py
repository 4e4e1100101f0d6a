"""One JSON object a line on standard error. What is logged is named here; a pod never is."""

import sys
import time
from functools import lru_cache
from typing import TextIO

import orjson


class Log:
    """Writes to `stream`."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream

    def line(self, level: str, message: str, **fields: str | float | bool) -> None:
        """One line, at once."""
        entry = {"time": _stamp(int(time.time())), "level": level, "message": message, **fields}
        self._stream.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE).decode())
        self._stream.flush()


@lru_cache(maxsize=1)
def _stamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
