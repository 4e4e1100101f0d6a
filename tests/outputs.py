"""What the suite's programs write, looked through for what a terminal obeys.

`watch` has a test fail in which one of JASM's programs wrote a control character or one that turns
the direction of text: by a pipe, into a container's log, or under click's runner.
"""

import re
import subprocess
from collections.abc import Callable
from functools import wraps
from typing import Any

from click.testing import CliRunner

from initsync.testing.podprocess import Running
from initsync.testing.server import ApiServer

# C0 but line feed and tab, DEL, C1; https://www.unicode.org/reports/tr9/#Directional_Formatting_Codes
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OURS = re.compile("jasm(?!/)|initsync|injector")  # the cache jasm/ holds others' programs


def obeyed(text: str) -> str:
    """The first such character with what is around it, escaped; empty where there is none."""
    found = OBEYED.search(text)
    return ascii(text[max(0, found.start() - 40) : found.end() + 40]) if found else ""


def look_at_events(api: ApiServer) -> None:
    """At all that there are."""
    for event in api.request("GET", "/api/v1/events").body["items"]:
        found = obeyed(event.get("message", ""))
        assert not found, f"a terminal would obey an Event: {found}"


def watch() -> None:
    """Look at all of that from now on."""
    _wrap(subprocess.Popen, "communicate", lambda process, out: out if _ours(process.args) else ())
    _wrap(CliRunner, "invoke", lambda _, result: (result.stdout, result.stderr))
    _wrap(Running, "wait", lambda _, ended: (ended.stdout, ended.stderr))
    _wrap(Running, "stderr", lambda _, text: (text,))


def _wrap(
    kind: type, name: str, texts: Callable[[Any, Any], tuple[str | bytes | None, ...]]
) -> None:
    method = getattr(kind, name)

    @wraps(method)
    def watched(self: Any, *arguments: Any, **named: Any) -> Any:
        result = method(self, *arguments, **named)
        for text in texts(self, result):
            said = text.decode(errors="replace") if isinstance(text, bytes) else text or ""
            assert not obeyed(said), f"a terminal would obey what was written: {obeyed(said)}"
        return result

    setattr(kind, name, watched)


def _ours(command: Any) -> bool:
    words = command if isinstance(command, str | bytes) else " ".join(map(str, command))
    return bool(_OURS.search(str(words)))
