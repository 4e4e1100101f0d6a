"""Waiting without sleeping blindly: ask again until it is so, or too late."""

import time
from collections.abc import Callable

DEADLINE = 20.0


def until(
    done: Callable[[], bool], what: str = "", seconds: float = DEADLINE, pause: float = 0.02
) -> None:
    """Return when `done` says so; fail, naming `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not so after {seconds:g} s: {what}"
        time.sleep(pause)
