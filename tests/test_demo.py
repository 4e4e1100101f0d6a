"""`initsync demo`, as a new user runs it."""

import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
from itertools import takewhile
from pathlib import Path

import pytest

from initsync.cli.progress import Progress
from initsync.demo import story
from tests.polling import until

COMMAND = [sys.executable, "-m", "initsync", "demo"]


STORY = (
    "created with 3 keys",
    "is up to date with 3 keys",
    "updated with 3 keys",
    "created with 3 keys from vault secret/shop/mail",
    "SMTP_URL: (hidden)",
    "did you mean 'secretName'?",
    "has no secret at path '/prod/nothing/here'",
    'cannot get resource "secrets"',
    "DB_PASSWORD: (hidden)",
)


def test_it_ends_with_what_to_try_next(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The scenes are left out: `make demo` plays them to this end, and the last test here."""
    monkeypatch.setattr(story, "_SCENES", ())
    monkeypatch.setattr(tempfile, "tempdir", None)  # the demo has its own, which ends with it
    before = signal.getsignal(signal.SIGTERM)

    exit_code = story.tell("embedded", Progress(io.StringIO()))
    signal.signal(signal.SIGTERM, before)

    *_, first, second = capsys.readouterr().out.strip().splitlines()
    assert exit_code == 0
    assert first == "  kubectl apply -f deploy/manifests"
    assert second.startswith("  kubectl apply -f deploy/manifests/app -f deploy/examples/")


@pytest.mark.parametrize(
    ("signalled", "exit_code", "last"),
    [
        (signal.SIGINT, 130, "Interrupted; everything that the demo started has been ended."),
        (signal.SIGTERM, 143, ""),
    ],
)
def test_a_signal_ends_it_and_all_that_it_started(
    tmp_path: Path, signalled: int, exit_code: int, last: str
) -> None:
    running = subprocess.Popen(
        COMMAND,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    stop = threading.Timer(120, running.kill)  # the test's deadline
    stop.start()
    assert running.stdout
    assert running.stderr
    for line in running.stdout:
        if line.startswith("3. "):
            break
    children = _children(running.pid)

    running.send_signal(signalled)
    told, said = running.communicate()
    stop.cancel()

    assert (running.returncode, said) == (exit_code, "")
    assert told.rstrip("\n").endswith(last)
    assert list(tmp_path.iterdir()) == []
    assert len(children) >= 2
    # One that had just been started is buried by the machine's first process.
    until(lambda: not any(os.path.exists(f"/proc/{child}") for child in children))


def test_kept_it_tells_the_whole_story_and_can_be_tried_until_ctrl_c(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [*COMMAND, "--keep"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    stop = threading.Timer(120, running.kill)  # the test's deadline
    stop.start()
    assert running.stdout
    told = list(takewhile(lambda line: line != "Ctrl-C ends it.\n", running.stdout))
    pairs = (line.removeprefix("  export ").strip().split("=", 1) for line in told if "=" in line)
    env = os.environ | {name: value for name, value in pairs if name.isupper()}

    tried = [
        subprocess.run(
            [sys.executable, "-m", "initsync", *arguments], env=env, capture_output=True, text=True
        )
        for arguments in (["list", "-n", "shop"], ["doctor", "--pod", "web-1"], ["--pod", "web-1"])
    ]
    running.send_signal(signal.SIGINT)
    last, said = running.communicate()
    stop.cancel()

    assert [part for part in STORY if part not in "".join(told)] == []
    listed, doctor, by_hand = (it.stdout + it.stderr for it in tried)
    assert "app-credentials" in listed
    assert "ok      cloud-secret: /prod/codnod/config has 3 keys" in doctor
    assert "Secret app-credentials is up to date with 3 keys" in by_hand
    assert (running.returncode, said) == (0, "")
    assert last == "\nEverything that the demo started has been ended.\n"
    assert list(tmp_path.iterdir()) == []


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]
