"""One JSON object a line on standard error. What is logged is named here; a pod never is."""

import json
import sys
import time
from typing import TextIO


class Log:
    """Writes to `stream`."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream

    def line(self, level: str, message: str, **fields: str | float | bool) -> None:
        """One line, at once."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        entry = {"time": stamp, "level": level, "message": message, **fields}
        self._stream.write(json.dumps(entry) + "\n")
        self._stream.flush()
