"""A child process of our own: its log in a file, gone when we are, ended by its own id only."""

import atexit
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2)
_TAIL = 2000


class StartFailed(Exception):
    """A server did not come up; the text ends with its log's tail."""


class Process:
    """Runs `command` at once. Start it from a thread that outlives it: Linux ends it with that.

    Its standard output and error go to `log`.
    """

    def __init__(
        self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self._log = log
        self._name = Path(command[0]).name
        with log.open("wb") as output:
            # The command is ours. preexec_fn: no other way asks the kernel to end it with us.
            self._child = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                start_new_session=True,  # Ctrl-C is for us; we end it then
                preexec_fn=_prepared(),
            )
        atexit.register(self.stop)

    @property
    def pid(self) -> int:
        """The process ID, for those who measure it."""
        return self._child.pid

    def check(self) -> None:
        """Raise StartFailed if it has ended."""
        if (code := self._child.poll()) is not None:
            raise StartFailed(f"{self._name} ended with exit code {code}; its log:\n{self.tail()}")

    def await_ready(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready` says so. Raises StartFailed if it ends first, or takes longer."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{self._name} was not ready after {seconds:g} s; its log:\n{self.tail()}"
                )
            time.sleep(0.02)

    def tail(self) -> str:
        """The end of its log."""
        return self._log.read_bytes()[-_TAIL:].decode(errors="replace")

    def terminate(self, seconds: float) -> None:
        """Ask it to end, and wait. Raises subprocess.TimeoutExpired."""
        self._child.terminate()
        self._child.wait(seconds)

    def stop(self) -> None:
        """End it at once and wait until it is gone: our servers hold nothing worth saving."""
        atexit.unregister(self.stop)
        self._child.kill()
        self._child.wait()


def _prepared() -> Callable[[], None]:
    """What the child does before its program: ask for SIGKILL when its parent dies (Linux)."""
    parent = os.getpid()
    # Elsewhere atexit and `stop` end it; only our own SIGKILL leaves it behind.
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def prepare() -> None:
        # nohup has us ignore the one and a shell's background the other: containers of a node
        # would inherit that, and no shell can trap what it was started to ignore.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if prctl:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died before we could ask
                os._exit(1)

    return prepare
