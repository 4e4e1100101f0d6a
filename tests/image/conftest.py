"""The images that `python -m tests.node` built, looked at from outside."""

import json
import os
from pathlib import Path

import pytest

from tests.node import plan


@pytest.fixture(scope="session")
def archives() -> dict[str, Path]:
    """By target; `base` is what they are built on."""
    if not (text := os.environ.get(plan.VARIABLE)):
        pytest.skip("no images: run `make test-node`")
    found = plan.from_json(json.loads(text)).archives
    return {file.stem.partition("-")[0]: file for file in found}
