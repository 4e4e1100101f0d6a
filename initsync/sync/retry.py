"""Another try where it helps: exponential back-off with full jitter, within one deadline (D7).

https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

from collections.abc import Callable
from typing import TypeVar

from initsync.words.errors import JasmError

RETRIES = 5
"""After the first try, as the data model has it."""
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 20.0

T = TypeVar("T")


class Retry:
    """Tries an operation again while its failure is transient and the deadline allows.

    Times are seconds: `now` is monotonic, `deadline` on the same clock, `uniform` in [0, 1).
    `notice` is told of each pause. Failures of the classes `patient` are tried again too, and
    until the deadline however often: for who has no later try.
    """

    def __init__(
        self,
        now: Callable[[], float],
        sleep: Callable[[float], None],
        uniform: Callable[[], float],
        deadline: float,
        notice: Callable[[str], None],
        patient: tuple[type[JasmError], ...] = (),
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._uniform = uniform
        self._deadline = deadline
        self._notice = notice
        self._patient = patient

    def __call__(self, operation: Callable[[], T]) -> T:
        """The operation's result, or its last failure with attempts and seconds filled in."""
        start = self._now()
        attempt = transient = 0
        while True:
            attempt += 1
            try:
                return operation()
            except JasmError as error:
                transient += error.transient
                helps = error.transient and transient <= RETRIES
                error.attempts, error.seconds = attempt, self._now() - start
                pause = max(self.pause(attempt), error.retry_after or 0.0)
                if not (helps or isinstance(error, self._patient)) or not self._fits(pause):
                    raise
                self._notice(f"{error}; trying again in {pause:.1f} s")
            self._sleep(pause)

    def paused(self, attempt: int) -> bool:
        """Wait after the attempt of that number; False, at once, where the deadline comes first."""
        pause = self.pause(attempt)
        if not self._fits(pause):
            return False
        self._sleep(pause)
        return True

    def _fits(self, pause: float) -> bool:
        return self._now() + pause <= self._deadline

    def pause(self, attempt: int) -> float:
        """Seconds to wait after the attempt of that number, counted from 1."""
        return self._uniform() * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt, 16))

    def wait(self, seconds: float) -> None:
        """Let time pass on the same clock."""
        self._sleep(seconds)
