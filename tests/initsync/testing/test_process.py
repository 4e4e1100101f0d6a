"""A child process that never outlives us, and says why it did not start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from initsync.testing.process import Process, StartFailed
from tests.polling import until

SLEEP = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
PARENT = """
import sys, time
from pathlib import Path
from initsync.testing.process import Process
child = Process(%r, Path(sys.argv[1]))
print(child._child.pid, flush=True)
%s
"""


def gone(pid: int) -> bool:
    """Ended: nobody there, or a zombie that its adopter has not collected yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def parent(log: Path, then: str) -> "tuple[subprocess.Popen[str], int]":
    code = PARENT % (SLEEP, then)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(log)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    pid = int(process.stdout.readline())
    process.stdout.close()
    return process, pid


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_we_were_started_to_ignore_reaches_it(tmp_path: Path, number: int) -> None:
    show = f"import signal; print(signal.getsignal({number}) == signal.SIG_IGN)"
    log = tmp_path / "log"
    before = signal.signal(number, signal.SIG_IGN)
    try:
        child = Process([sys.executable, "-I", "-S", "-c", show], log)
    finally:
        signal.signal(number, before)

    until(lambda: log.read_text().endswith("\n"))
    child.stop()
    assert log.read_text() == "False\n"


def test_stop_ends_it(tmp_path: Path) -> None:
    child = Process(SLEEP, tmp_path / "log")

    child.stop()

    with pytest.raises(StartFailed, match="ended with exit code -9"):
        child.check()


def test_it_ends_with_a_parent_that_returns(tmp_path: Path) -> None:
    process, pid = parent(tmp_path / "log", "")
    process.wait(20)

    until(lambda: gone(pid))


def test_it_ends_with_a_parent_that_is_interrupted(tmp_path: Path) -> None:
    process, pid = parent(tmp_path / "log", "time.sleep(600)")
    process.send_signal(signal.SIGINT)
    process.wait(20)

    until(lambda: gone(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    process, pid = parent(tmp_path / "log", "time.sleep(600)")
    process.kill()
    process.wait(20)

    until(lambda: gone(pid))


def test_one_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    child = Process([sys.executable, "-c", "raise SystemExit('no such file')"], tmp_path / "log")

    with pytest.raises(StartFailed, match=r"(?s)ended with exit code 1.*no such file"):
        child.await_ready(lambda: False, 20)
    child.stop()


def test_one_that_is_never_ready_is_given_its_time(tmp_path: Path) -> None:
    child = Process(SLEEP, tmp_path / "log")

    with pytest.raises(StartFailed, match=r"was not ready after 0\.1 s"):
        child.await_ready(lambda: False, 0.1)
    child.stop()
