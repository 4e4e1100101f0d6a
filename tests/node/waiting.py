"""Waiting for a kubelet, which takes its seconds."""

from collections.abc import Callable

from tests import polling

DEADLINE = 120.0
_PAUSE = 0.1


def until(done: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    """As `polling.until`, with the time that a kubelet needs."""
    polling.until(done, what, seconds, _PAUSE)
