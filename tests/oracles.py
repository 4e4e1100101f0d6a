"""The official clients of clouds, by which requests of ours are judged: never beside the product.

They are installed at first use, from hashes, into an environment of their own in the user's cache:
beside them the product's own packages would be others than those that are shipped. A test runs
one of its scripts there, against a stand-in that sees the requests. ORACLES=skip leaves them out.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from initsync.cli.progress import Progress
from initsync.testing.controlplane.gobuild import cache_directory, locked
from initsync.testing.controlplane.progress import Failed, run
from initsync.testing.controlplane.progress import Progress as Told

_ROOT = Path(__file__).parents[1]
REQUIREMENTS = _ROOT / "requirements" / "oracles.txt"
_UV = Path(sys.executable).with_name("uv")
_SECONDS = 60  # a script's; the largest client imports for one


def find_or_build(env: Mapping[str, str], progress: Told) -> Path:
    """The Python that has them, installed if need be. Raises progress.Failed."""
    version = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    directory = cache_directory(env) / f"oracles-{version}"
    python, ready = directory / "venv/bin/python", directory / "ready"
    if not ready.exists():
        directory.mkdir(parents=True, exist_ok=True)
        with locked(directory / "lock", progress):
            if not ready.exists():
                _install(python, env, progress)
                ready.touch()
    return python


def _install(python: Path, env: Mapping[str, str], progress: Told) -> None:
    place = python.parents[1]
    venv = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(place)]
    run(venv, "make a place for the clouds' clients", env, _ROOT, progress)
    packages = ["--require-hashes", str(REQUIREMENTS)]
    sync = [str(_UV), "pip", "sync", "--quiet", "--compile-bytecode", "--python", str(python)]
    run([*sync, *packages], "install the clouds' clients (once)", env, _ROOT, progress)


def asked(script: Path, env: Mapping[str, str], *arguments: str) -> Any:
    """What a script prints as JSON, run among them with these variables and no others.

    Skips the test where they cannot be installed.
    """
    if os.environ.get("ORACLES") == "skip":
        pytest.skip("ORACLES=skip: no client of a cloud is asked")
    try:
        python = find_or_build(os.environ, Progress(sys.__stderr__ or sys.stderr))
    except (Failed, OSError) as error:  # `make` has ended before
        pytest.skip(f"no clients of clouds: {error}")
    command = [str(python), "-W", "ignore", str(script), *arguments]
    done = subprocess.run(
        command, env=dict(env), capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    if done.returncode:
        raise AssertionError(f"{script.name} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)
