"""When a secret counts, by its own attributes: Azure gives it before and after that, too. Pure.

https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#date-time-controlled-operations
"""

from collections.abc import Mapping
from typing import Any

from initsync.words import times

_LAST = 253_402_300_800  # the end of the year 9999, beyond which no date is written


def warning(attributes: Mapping[str, Any], now: float) -> str:
    """Half a sentence about a secret that does not count now; empty of one that does."""
    ends, begins = _time(attributes.get("exp")), _time(attributes.get("nbf"))
    if ends is not None and ends <= now:
        return f"by its own date it expired at {times.timestamp(ends)}: renew it in the vault"
    if begins is not None and begins > now:
        return f"by its own date it counts from {times.timestamp(begins)} on"
    return ""


def _time(found: Any) -> int | None:
    return found if type(found) is int and 0 <= found < _LAST else None
