"""What came of one try to bring a new value to the app."""

from typing import NamedTuple


class Step(NamedTuple):
    """One try to bring a new value to the app."""

    outcome: str
    """How the try ended, as the metrics name it."""
    said: str
    """What was done, or why not, as the end of a sentence."""
    good: bool = False
    pause: float | None = None
    """Seconds until the next try; None: there is none."""
