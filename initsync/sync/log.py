"""Lines for people and collectors on standard error: text, or one JSON object a line.

Not `logging`: its import costs every pod start 5 ms of CPU (Python 3.11), and a run that lasts
a tenth of a second has no loggers to configure.
"""

import json
from collections.abc import Callable, Mapping
from typing import TextIO

from initsync.sync import settings
from initsync.words.times import timestamp
from initsync.words.wording import LINE_LIMIT, one_line


class Log:
    """Writes one line a call to `stream`, as `settings.LOG_FORMATS` has it; `now` in epoch s."""

    def __init__(
        self, stream: TextIO, now: Callable[[], float], form: str = "text", level: str = "info"
    ) -> None:
        self._stream = stream
        self._now = now
        self._json = form == "json"
        self._debug = level == "debug"

    def debug(self, message: str) -> None:
        """What was asked of whom: for who looks for a fault."""
        if self._debug:
            self._line("debug", message, {})

    def info(self, message: str, **fields: str) -> None:
        """What happened as it should."""
        self._line("info", message, fields)

    def warning(self, message: str, **fields: str) -> None:
        """What went wrong without stopping the sync."""
        self._line("warning", message, fields)

    def error(self, message: str, **fields: str) -> None:
        """What stopped the sync: the last line, which `kubectl describe pod` repeats (D9)."""
        self._line("error", message, fields)

    def _line(self, level: str, message: str, fields: dict[str, str]) -> None:
        said = {
            name: one_line(text, LINE_LIMIT)
            for name, text in {"message": message, **fields}.items()
        }
        if self._json:
            entry = {"time": timestamp(self._now()), "level": level, **said}
            line = json.dumps(entry, ensure_ascii=False)
        else:
            line = said["message"] if level == "info" else f"{level}: {said['message']}"
        self._stream.write(f"{line}\n")
        self._stream.flush()


def from_env(env: Mapping[str, str], stream: TextIO, now: Callable[[], float]) -> Log:
    """As JASM_LOG_FORMAT and JASM_LOG_LEVEL say. Raises InvalidSetup."""
    form = settings.choice(env, "JASM_LOG_FORMAT", settings.LOG_FORMATS)
    return Log(stream, now, form, settings.choice(env, "JASM_LOG_LEVEL", settings.LOG_LEVELS))
