"""Steps of a build: told to a person, and ended with what their command said."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

_TAIL = 2000


class Progress(Protocol):
    """Somebody who is told how long a step takes; `initsync.cli.progress.Progress` is one."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Tell of the block's beginning and end, where it lasts."""


class Failed(Exception):
    """A command that had to succeed did not; the text ends with its last output."""


def run(
    command: Sequence[str],
    step: str,
    env: Mapping[str, str],
    directory: Path,
    progress: Progress,
) -> None:
    """Run one command of a build in `directory`. Raises Failed."""
    with progress.step(step):
        done = subprocess.run(  # noqa: S603  # our own command lines
            command, env=env, cwd=directory, capture_output=True, text=True, check=False
        )
    if done.returncode:
        output = (done.stdout + done.stderr)[-_TAIL:].strip()
        raise Failed(f"could not {step}; its last output:\n{output}")
