"""The official clients of clouds, by which requests of ours are judged: never beside the product.

A test runs one of its scripts in their environment, against a stand-in that sees the requests.
ORACLES=skip leaves them out.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from initsync.cli.progress import Progress
from initsync.testing.controlplane.progress import Failed
from tests.environments import Environment

CLIENTS = Environment("oracles", "the clouds' clients")
_SECONDS = 60  # a script's; the largest client imports for one


def python_of(environment: Environment) -> Path:
    """The Python of an environment. Skips the test where it cannot be had."""
    if os.environ.get("ORACLES") == "skip":
        pytest.skip(f"ORACLES=skip: without {environment.what}")
    try:
        return environment.find_or_build(os.environ, Progress(sys.__stderr__ or sys.stderr))
    except (Failed, OSError) as error:  # `make` has ended before
        pytest.skip(f"no {environment.what}: {error}")


def asked(script: Path, env: Mapping[str, str], *arguments: str) -> Any:
    """What a script prints as JSON, run among them with these variables and no others.

    Skips the test where they cannot be installed.
    """
    command = [str(python_of(CLIENTS)), "-W", "ignore", str(script), *arguments]
    done = subprocess.run(
        command, env=dict(env), capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    if done.returncode:
        raise AssertionError(f"{script.name} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)
