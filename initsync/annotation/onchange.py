"""What `jasm.codnod.io/on-change` asks for, read (D40). Pure.

| value | what is done once a sync has found another value |
|---|---|
| `evict` | the pod asks for its own eviction, so that its controller makes a new one |
| `signal:NAME[:PROCESS]` | a signal to a process of the pod |
| `http://localhost:PORT/PATH` | a POST to the app |
"""

import re
from typing import NamedTuple

from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.wording import shown

EVICT, SIGNAL, HTTP = "evict", "signal", "http"
SIGNALS = ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH")
"""The signals by which programs read their files anew, or end and are started again."""
NO_SIDECAR = f"needs {keys.MODE}: {keys.SIDECAR}: nothing looks for another value otherwise"
NO_CONTROLLER = (
    "evict needs a controller that makes the pod anew, such as a Deployment, and the pod has none"
)
NOT_SHARED = "a signal needs spec.shareProcessNamespace: true, or jasm-init sees no process"

_PROCESS = r"[A-Za-z0-9._+-]{1,64}"
_SIGNAL = re.compile(rf"signal:({'|'.join(SIGNALS)})(?::({_PROCESS}))?")
# Printable ASCII; a fragment is never sent. No name but these: the POST never leaves the pod.
_URL = re.compile(r"(http://(?:localhost|127\.0\.0\.1|\[::1\]):(\d{1,5}))(/[!\"$-~]*)?")
_RULE = (
    f"must be evict, signal:NAME or signal:NAME:PROCESS (NAME one of {', '.join(SIGNALS)}), or "
    "http://localhost:PORT/PATH"
)


class Action(NamedTuple):
    """What a pod's `on-change` asks for."""

    kind: str
    """The kind of the action: EVICT, SIGNAL or HTTP."""
    signal: str = ""
    """The signal's name without SIG."""
    process: str = ""
    """The name of whom it is for; empty: the first process of the pod's one other container."""
    url: str = ""
    """The host's, with its port."""
    target: str = ""
    """The path and the query of the URL."""

    @property
    def port(self) -> int:
        """The port that the URL names."""
        return int(self.url.rpartition(":")[2])


def parse(text: str) -> Action:
    """What a text asks for. Raises AnnotationError."""
    if text == EVICT:
        return Action(EVICT)
    if found := _SIGNAL.fullmatch(text):
        return Action(SIGNAL, found[1], found[2] or "")
    if (found := _URL.fullmatch(text)) and 0 < int(found[2]) < 2**16:
        return Action(HTTP, url=found[1], target=found[3] or "/")
    raise refused(f"is {shown(text)}, but {_RULE}")


def refused(problem: str) -> AnnotationError:
    """The failure of a pod whose annotation is so."""
    return AnnotationError(problem, name=keys.ON_CHANGE)
