"""Waiting for a kubelet, which takes its seconds."""

import time
from collections.abc import Callable

DEADLINE = 120.0
_PAUSE = 0.1


def until(done: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    """Return when `done` says so; fail, naming `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not so after {seconds:g} s: {what}"
        time.sleep(_PAUSE)
