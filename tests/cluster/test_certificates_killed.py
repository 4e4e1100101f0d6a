"""The certificate job killed at each of its writes, run twice at once, and under wrong clocks."""

import datetime
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from initsync.http1 import Response
from initsync.model import JsonObject
from initsync.testing.controlplane import ControlPlane
from injector.certjob import Result
from injector.certstore import Store
from tests.cluster.certificates import Installation
from tests.polling import until


@pytest.fixture
def installed(real_api: ControlPlane, tmp_path: Path) -> Iterator[Installation]:
    with Installation(real_api, tmp_path) as installation:
        yield installation


class Killed(BaseException):
    """SIGKILL, as far as the job can tell: nothing after it is done."""


def dying(write: int, *, after: bool) -> type[Store]:
    """A store whose process dies at that write, before it is sent or after it is done."""

    class Dying(Store):
        writes = 0

        def _send(self, method: str, *rest: Any) -> Response:
            self.writes += method == "PATCH"
            here = method == "PATCH" and self.writes == write
            if here and not after:
                raise Killed
            response = super()._send(method, *rest)
            if here:
                raise Killed
            return response

    return Dying


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", [1, 2])
def test_an_installation_that_was_killed_is_gone_on_with(
    installed: Installation, write: int, after: bool
) -> None:
    with pytest.raises(Killed):
        installed.job(dying(write, after=after)).run()

    done = installed.job().run()

    assert done.complete
    assert installed.is_settled()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_a_renewal_that_was_killed_is_gone_on_with(
    installed: Installation, write: int, after: bool
) -> None:
    installed.job().run()
    first = installed.data("tls.crt")
    installed.ask_for_renewal()

    with pytest.raises(Killed):
        installed.job(dying(write, after=after)).run()
    assert installed.is_sound(), "in the state that the dead one left"
    done = installed.job().run()

    whole = ["issue", "trust", "serve", "drop"]
    assert list(done.steps) == whole[write - (not after) :], "each step was taken once"
    assert installed.is_settled()
    assert installed.data("tls.crt") != first


@pytest.mark.parametrize(
    ("sign", "code", "told"),
    [
        (signal.SIGKILL, -9, ""),
        (signal.SIGTERM, 143, "stopped by SIGTERM; the next run goes on from what is stored\n"),
        (signal.SIGINT, 130, "error: interrupted; the next run goes on from what is stored\n"),
    ],
)
def test_a_process_that_is_ended_while_it_waits_leaves_nothing_undone(
    installed: Installation, sign: signal.Signals, code: int, told: str
) -> None:
    installed.job().run()
    installed.ask_for_renewal()
    command, env = installed.command("--trust-seconds=50")
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        while "waiting" not in running.stderr.readline():
            pass
        os.kill(running.pid, sign)
        said = running.stderr.read()

    assert (running.returncode, said) == (code, told)
    assert installed.is_sound()
    assert installed.job().run().steps == ("serve", "drop")


@pytest.mark.parametrize("renewal", [False, True], ids=["installation", "renewal"])
def test_four_runs_at_once_make_one_certificate(installed: Installation, renewal: bool) -> None:
    if renewal:
        installed.job().run()
        installed.ask_for_renewal()
    results: list[Result] = []
    jobs = [installed.job() for _ in range(4)]
    threads = [threading.Thread(target=lambda job=job: results.append(job.run())) for job in jobs]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    written = sorted(step for result in results for step in result.steps)
    assert [result.complete for result in results] == [True] * 4
    assert written == (["drop", "issue", "serve", "trust"] if renewal else ["install", "trust"])
    assert installed.is_settled()


def test_two_processes_at_once_make_one_certificate(installed: Installation) -> None:
    command, env = installed.command()
    both = [subprocess.Popen(command, env=env, stderr=subprocess.PIPE) for _ in range(2)]

    said = b"".join(running.communicate(timeout=60)[1] for running in both).decode()

    assert [running.returncode for running in both] == [0, 0]
    assert said.count("wrote a certificate") == 1
    assert installed.is_settled()


def shifted(days: int) -> type[Store]:
    """A store whose API server's clock is off from now on; what it noted before is as it was."""
    before = _second()
    until(lambda: _second() > before)  # API servers note whole seconds
    began = _second()
    off = datetime.timedelta(days=days)

    class Shifted(Store):
        @property
        def now(self) -> datetime.datetime:
            return self._told + off

        @now.setter
        def now(self, told: datetime.datetime) -> None:
            self._told = told

        def _get(self, path: str) -> JsonObject | None:
            found = super()._get(path)
            for entry in (found or {"metadata": {}})["metadata"].get("managedFields", []):
                written = datetime.datetime.fromisoformat(entry["time"])
                if written >= began:
                    entry["time"] = (written + off).isoformat()
            return found

    return Shifted


def _second() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


@pytest.mark.parametrize("days", [-4000, -400, -1, 1, 300, 4000])
def test_after_a_clock_that_jumped_all_is_well_again(installed: Installation, days: int) -> None:
    """A run meanwhile may renew; the next one under the right clock sets it right."""
    installed.job().run()

    installed.job(shifted(days)).run()
    done = installed.job().run()

    assert done.complete
    assert installed.is_sound()
    assert installed.is_settled()
    assert installed.job().run().steps == ()
