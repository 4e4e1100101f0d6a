"""Times as people and Kubernetes write them: spans with units, and RFC 3339 in UTC."""

import datetime
import time

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
"""Seconds by the unit's letter."""


def span(seconds: float) -> str:
    """A duration as people say it: its largest unit, and the next where it is not zero."""
    if seconds == float("inf"):
        return "?"
    left = max(0, int(seconds))
    sizes = sorted(UNITS.items(), key=lambda unit: -unit[1])
    first = next((number for number, (_, size) in enumerate(sizes) if left >= size), 3)
    parts: list[str] = []
    for unit, size in sizes[first : first + 2]:
        count, left = divmod(left, size)
        parts += [f"{count}{unit}"] if count or not parts else []
    return " ".join(parts)


def since(text: str, now: float) -> float:
    """Seconds since an RFC 3339 time; infinite of any other text."""
    try:
        return now - datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return float("inf")


SKEW = 60.0
"""Seconds by which another node's clock may be ahead of ours."""


def since_written(text: str, now: float) -> float:
    """As `since`, of a time that anybody may have written; infinite of one that is yet to come."""
    age = since(text, now)
    return age if age >= -SKEW else float("inf")


def timestamp(now: float) -> str:
    """Epoch seconds as RFC 3339 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
