"""How much is tried: with FULL=1, which `make test-all` sets, everything as often as is claimed.

Without it, what takes minutes is tried less often, or in one of its forms.
"""

import os

import pytest

FULL = os.environ.get("FULL") == "1"
only_in_full = pytest.mark.skipif(
    not FULL, reason="one form of this was tried; `make test-all` (FULL=1) tries each"
)


def times(variable: str, full: int, usual: int) -> int:
    """How often; an environment variable of that name chooses another number."""
    return int(os.environ.get(variable, full if FULL else usual))
