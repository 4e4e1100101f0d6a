"""One container's program as a measured process of its own session."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from initsync.testing import launch


class Finished(NamedTuple):
    """How the container's process ended."""

    exit_code: int
    """Negative: ended by that signal."""
    stdout: str
    stderr: str
    seconds: float
    cpu_seconds: float
    peak_rss: int
    """The most resident memory, in bytes."""


class Running:
    """Runs `command` at once, in `root`, which also keeps what it prints.

    `join`: the file by which it joins a cgroup.
    """

    def __init__(
        self, command: list[str], env: Mapping[str, str], root: Path, join: Path | None = None
    ) -> None:
        self._name = command[0]
        self._report, self._out, self._err = (root / name for name in ("report", "out", "err"))
        options = [str(self._report), str(join or "")]
        launcher = [sys.executable, "-I", "-S", launch.__file__, *options]
        with self._out.open("wb") as stdout, self._err.open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603  # the stored pod's own command is the point
                [*launcher, *command],
                env=env,
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def stderr(self) -> str:
        """What it has written there so far."""
        return self._err.read_text(encoding="utf-8", errors="replace")

    def terminate(self) -> None:
        """Ask it to end, as a kubelet does. The launcher lives on and reports."""
        if not self.ended():
            os.killpg(self._process.pid, signal.SIGTERM)

    def wait(self, timeout: float) -> Finished:
        """Wait for its end. Raises TimeoutError."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            said = f"{self._name} still runs after {timeout:g} s: {self.stderr()}"
            raise TimeoutError(said) from error
        status, cpu, rss, seconds = self._report.read_text(encoding="ascii").split()
        return Finished(
            os.waitstatus_to_exitcode(int(status)),
            self._out.read_text(encoding="utf-8", errors="replace"),
            self.stderr(),
            float(seconds),
            float(cpu),
            int(rss),
        )

    def kill(self) -> None:
        """End what is left of the session that we started: the launcher and its program."""
        if not self.ended():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
