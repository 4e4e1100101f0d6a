"""The namespaces of `tests.node.sandbox`: whatever happens within, nothing is left without."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.node.sandbox import CGROUPS
from tests.polling import until

WITHIN = """
import os, pathlib, subprocess, sys, time
subprocess.run(["ip", "link", "add", "jasm-test", "type", "bridge"], check=True)
subprocess.run(["mount", "-t", "tmpfs", "none", sys.argv[1]], check=True)
for controller in pathlib.Path("/sys/fs/cgroup").iterdir():
    if not controller.is_symlink():
        (controller / sys.argv[2] / "below").mkdir(parents=True)
stray = [sys.executable, "-c", "import time; time.sleep(1234)", "stray-of-" + sys.argv[2]]
subprocess.Popen(stray, start_new_session=True)
print("ready", flush=True)
time.sleep(float(sys.argv[3]))
sys.exit(7)
"""
LAUNCH = """
import os, pathlib, sys
from tests.node import sandbox
scratch, cgroup, command = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
sys.exit(sandbox.run(command, os.environ, scratch, cgroup))
"""


class Launched:
    """A sandbox in which a link, a mount, cgroups and a stray process were made."""

    def __init__(self, place: Path, seconds: float) -> None:
        self.cgroup = f"jasm-test-{os.getpid()}-{place.name[-1]}"
        self.mounted = place / "mounted"
        self.mounted.mkdir()
        code = [sys.executable, "-c", WITHIN, str(self.mounted), self.cgroup, str(seconds)]
        launch = [sys.executable, "-c", LAUNCH, str(place), self.cgroup, *code]
        self.process = subprocess.Popen(
            launch, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.process.stdout
        with self.process.stdout as output:
            assert output.readline() == "ready\n"

    def left(self) -> list[str]:
        """What is still there of it."""
        links = Path("/sys/class/net/jasm-test").exists()
        mounts = str(self.mounted) in Path("/proc/self/mounts").read_text()
        cgroups = [str(found) for found in CGROUPS.glob(f"*/{self.cgroup}")]
        strays = ["stray"] if f"stray-of-{self.cgroup}".encode() in b"".join(_commands()) else []
        return ["link"] * links + ["mount"] * mounts + cgroups + strays


def _commands() -> list[bytes]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(entry.read_bytes())
        except OSError:  # it has ended
            continue
    return found


def test_the_exit_code_is_the_commands_and_nothing_is_left(tmp_path: Path) -> None:
    launched = Launched(tmp_path, 0)

    assert launched.process.wait(30) == 7
    assert launched.left() == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "ctrl-c"])
def test_ended_from_outside_nothing_is_left(tmp_path: Path, how: signal.Signals) -> None:
    launched = Launched(tmp_path, 60)
    until(lambda: "stray" in launched.left())  # a command line is there a moment after its process

    # Ctrl-C reaches the whole group of the terminal.
    send: Callable[[int, int], None] = os.killpg if how == signal.SIGINT else os.kill
    send(launched.process.pid, how)

    assert launched.process.wait(30) not in (0, 7)
    until(lambda: launched.left() == [])
