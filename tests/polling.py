"""Waiting without sleeping blindly: ask again until it is so, or too late."""

import time
from collections.abc import Callable

DEADLINE = 20.0


def until(done: Callable[[], bool]) -> None:
    """Return when `done` says so; fail after DEADLINE seconds."""
    deadline = time.monotonic() + DEADLINE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
