"""All connections of the process: how many there may be, what they may hold, and who yields.

Nothing is counted. Every figure is a sum over those that are open, so one that has ended, however
it did, holds nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING

from injector.webhook.review import BadReview

if TYPE_CHECKING:
    from injector.server.connection import Connection

MOST = 256
"""Connections; an API server keeps 25 idle ones. Each may cost 200 KB before its handshake is done
(a hello of 128 KiB), and a file: in many containers a process may have 1,024."""
TOGETHER = 32 * 1024 * 1024
"""Bytes of bodies that are not whole and of answers that are not taken. Each may have
`TOGETHER / MOST`, 128 KiB, whatever the others do: nearly all reviews have less."""
PATIENCE = 0.5
"""Seconds in which nobody yields a place: a burst of API servers' connections waits its turn. As
long after the last newcomer one yields all the same, or who asks all the time would keep it."""


class Phase(IntEnum):
    """The phase of a connection; those that are spared most easily come first."""

    LEAVING = 0  # the last answer was given
    OPENING = 1  # no whole head has come
    IDLE = 2  # the last request was answered
    TAKING = 3  # an answer is being taken
    ASKING = 4  # a head has come, and no answer was given


SECONDS = dict.fromkeys(Phase, 10.0) | {Phase.IDLE: 120.0}
"""That each may last. API servers give up after the webhook's own 5; they keep idle connections for
90 s and do not repeat a POST that meets a closed one (client-go's transport), so they are to be the
ones who close."""


class Clients:
    """The connections that are open; `now` is a monotonic clock, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.open: set[Connection] = set()
        self._came = now()
        """When the last newcomer got a place."""

    def in_flight(self) -> int:
        """Requests whose head has come and whose answer is not taken."""
        return sum(one.phase >= Phase.TAKING for one in self.open)

    def held(self) -> int:
        """Bytes, of all of them."""
        return sum(one.held for one in self.open)

    def has_place(self) -> bool:
        """Whether one more may come; where it is full, for the one that is spared most easily.

        First those that never asked for a review, whoever was idle for longest; then those that
        did; and while all are in flight those that take longest, with an answer upon which API
        servers ask again.
        """
        now = self.now()
        if len(self.open) >= MOST:
            spared = min(self.open, key=lambda one: (one.phase, one.reviewed, one.since))
            if spared.phase and now - min(spared.since, self._came) < PATIENCE:
                return False
            spared.end(BadReview(503, "too many connections"))
        self._came = now
        return True

    def make_room(self) -> None:
        """End what holds most, until all hold no more than they may together."""
        while self.held() > TOGETHER:
            most = max(self.open, key=lambda one: (one.held, -one.since))
            most.end(BadReview(503, "too many large requests at a time"))

    def problem(self) -> str:
        """Why no review can be taken; empty while it can."""
        return "requests hold all the memory that they may" if self.held() > TOGETHER else ""

    def check(self) -> None:
        """End those that did not go on in time."""
        now = self.now()
        slow = BadReview(408, f"the body was not whole after {SECONDS[Phase.ASKING]:g} s")
        for one in list(self.open):
            if now - one.since > SECONDS[one.phase]:
                one.end(slow)

    def drain(self) -> None:
        """End those that have not asked for anything."""
        for one in list(self.open):
            if one.phase in (Phase.OPENING, Phase.IDLE):
                one.end()
