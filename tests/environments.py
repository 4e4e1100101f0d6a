"""Python packages that tests ask and that are not beside the product, each in a place of its own.

Beside them the product's own packages would be others than those that are shipped. They come by
hash into the user's cache, at first use.
"""

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from initsync.testing.controlplane.gobuild import cache_directory, locked
from initsync.testing.controlplane.progress import Progress, run

_ROOT = Path(__file__).parents[1]
_UV = Path(sys.executable).with_name("uv")


class Environment(NamedTuple):
    """A lock of packages, and what they are, for whoever waits."""

    name: str
    """Of `requirements/NAME.txt`."""
    what: str

    def find_or_build(self, env: Mapping[str, str], progress: Progress) -> Path:
        """The Python that has them, installed if need be. Raises progress.Failed."""
        lock = _ROOT / "requirements" / f"{self.name}.txt"
        version = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:12]
        directory = cache_directory(env) / f"{self.name}-{version}"
        python, ready = directory / "venv/bin/python", directory / "ready"
        if not ready.exists():
            directory.mkdir(parents=True, exist_ok=True)
            with locked(directory / "lock", progress):
                if not ready.exists():
                    self._install(lock, python, env, progress)
                    ready.touch()
        return python

    def _install(
        self, lock: Path, python: Path, env: Mapping[str, str], progress: Progress
    ) -> None:
        place = python.parents[1]
        venv = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(place)]
        run(venv, f"make a place for {self.what}", env, _ROOT, progress)
        sync = [str(_UV), "pip", "sync", "--quiet", "--compile-bytecode", "--python", str(python)]
        packages = ["--require-hashes", str(lock)]
        run([*sync, *packages], f"install {self.what} (once)", env, _ROOT, progress)
