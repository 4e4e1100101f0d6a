"""What came of one try to bring a new value to the app."""

from typing import NamedTuple


class Step(NamedTuple):
    """One try."""

    outcome: str
    """For the metrics."""
    said: str
    """What was done, or why not, as the end of a sentence."""
    good: bool = False
    pause: float | None = None
    """Seconds until the next try; None: there is none."""
