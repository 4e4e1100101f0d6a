"""Who of a pod's processes gets the signal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from initsync.annotation.onchange import Action
from initsync.pod.sidecar import signals
from initsync.pod.sidecar.signals import Process

OWN = 7


def process(pid: int, parent: int, name: str, started: int = 0) -> Process:
    return Process(pid, parent, started or pid, name, name)


PAUSE, OURS = process(1, 0, "pause"), process(OWN, 0, "jasm-init")
NGINX = [process(20, 0, "nginx"), process(21, 20, "nginx"), process(22, 20, "nginx")]


@pytest.mark.parametrize(
    ("name", "found", "pids"),
    [
        ("", [PAUSE, OURS, *NGINX], [20]),
        ("", [PAUSE, OURS, process(9, 0, "sh", started=99), *NGINX], [20]),  # kubectl exec
        ("", [PAUSE, OURS], []),
        ("nginx", [PAUSE, OURS, process(19, 0, "sh"), *NGINX], [20]),
        ("nginx", [PAUSE, OURS, *NGINX, process(30, 0, "nginx")], [20, 30]),
        ("pause", [PAUSE, OURS], []),
        ("jasm-init", [PAUSE, OURS], []),
        ("app", [PAUSE, OURS, *NGINX], []),
    ],
)
def test_for_whom_it_is(name: str, found: list[Process], pids: list[int]) -> None:
    assert [it.pid for it in signals.chosen(found, name, OWN)] == pids


def test_a_process_is_known_by_its_command_or_the_program_that_it_was_started_by() -> None:
    long = Process(9, 0, 1, "a-program-with-", "python3")

    assert long.is_named("python3")
    assert long.is_named("a-program-with-a-long-name")
    assert not long.is_named("a-program")


def proc(root: Path, pid: int, command: str, title: str, parent: int = 0) -> None:
    (root / str(pid)).mkdir()
    rest = " ".join(["S", str(parent), *["0"] * 17, "42", "0"])
    (root / str(pid) / "stat").write_text(f"{pid} ({command}) {rest}\n")
    (root / str(pid) / "cmdline").write_bytes(title.encode() + b"\0-x\0")


def test_what_the_kernel_says_of_them_is_read_whatever_they_are_called(tmp_path: Path) -> None:
    proc(tmp_path, 12, "nginx", "nginx: master process /usr/sbin/nginx -g daemon off;")
    proc(tmp_path, 13, "a) S 1 (b", "/usr/bin/a", 12)
    (tmp_path / "self").mkdir()
    (tmp_path / "14").mkdir()  # it has just ended

    found = sorted(signals.processes(str(tmp_path)))

    assert found == [
        Process(12, 0, 42, "nginx", "nginx"),
        Process(13, 12, 42, "a) S 1 (b", "a"),
    ]


def test_what_came_of_it_is_told(tmp_path: Path) -> None:
    proc(tmp_path, 12, "ng\x1b[31minx", "nginx")
    refused = PermissionError()

    def no(*_: object) -> None:
        raise refused

    sent = list[tuple[int, int]]()
    asked = Action("signal", "HUP", "nginx")
    good = signals.send(asked, str(tmp_path), lambda *it: sent.append(it), OWN)
    bad = signals.send(asked, str(tmp_path), no, OWN)
    nobody = signals.send(Action("signal", "HUP", "app"), str(tmp_path), no, OWN)

    assert sent == [(12, signal.SIGHUP)]
    assert (good.outcome, good.good) == ("signalled", True)
    assert good.said.isprintable()
    assert bad.outcome == "refused"
    assert "run as the same user" in bad.said
    assert nobody.said == "no process named app runs in the pod that HUP could go to"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_a_real_process_gets_it(tmp_path: Path) -> None:
    program = tmp_path / "of-a-name-of-its-own"
    program.symlink_to(sys.executable)
    code = "import signal; print(1, flush=True); signal.sigwait({signal.SIGHUP}); print(2)"
    block = "import signal; signal.pthread_sigmask(0, {signal.SIGHUP});" + code
    child = subprocess.Popen([program, "-c", block], stdout=subprocess.PIPE)
    assert child.stdout
    child.stdout.readline()

    done = signals.send(Action("signal", "HUP", program.name), own=os.getpid())

    assert (done.good, child.communicate(timeout=10)[0]) == (True, b"2\n")
