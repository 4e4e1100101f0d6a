"""Where things stand in the checkout, for tests wherever they stand themselves."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"
