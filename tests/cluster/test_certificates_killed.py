"""The certificate job killed at each of its writes and waits, and run twice at once."""

import datetime
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.testing.controlplane import ControlPlane
from injector.certs import issue
from injector.certs.job import Result
from injector.certs.pair import Pair
from injector.certs.store import Store
from tests.cluster.certificate_stores import Killed, dying, shifted
from tests.cluster.certificates import QUICK, Installation, encoded, tls_secret
from tests.full import FULL


@pytest.fixture
def installed(real_api: ControlPlane, tmp_path: Path) -> Iterator[Installation]:
    with Installation(real_api, tmp_path) as installation:
        yield installation


def nothing(installed: Installation) -> None:
    pass


def a_renewal(installed: Installation) -> None:
    installed.job().run()
    installed.ask_for_renewal()


def a_lost_secret(installed: Installation) -> None:
    installed.job().run()
    installed.api.request("DELETE", installed.secret_path)


def a_damaged_secret(installed: Installation) -> None:
    installed.job().run()
    installed.change_secret({"data": encoded({"tls.key": issued(installed).key})})


def a_damaged_next_one(installed: Installation) -> None:
    installed.job().run()
    spare = issued(installed)
    parts = {"next-ca.crt": spare.ca, "next.crt": spare.certificate, "next.key": b"none"}
    installed.change_secret({"data": encoded(parts)})


def a_secret_by_hand(installed: Installation) -> None:
    manifest = tls_secret(installed.names, issued(installed))
    manifest["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "jasm-certs"}
    installed.api.create(manifest)


def a_date_of_the_future(installed: Installation) -> None:
    """By a clock that was ahead when the last renewal was served."""
    a_renewal(installed)
    assert installed.job(rules=QUICK._replace(reload_seconds=600)).run().steps[-1] == "serve"


def issued(installed: Installation) -> Pair:
    return issue.issue(installed.names.hosts, datetime.datetime.now(datetime.UTC), 365)


WHOLE = ("issue", "trust", "serve", "drop")
STEPS: dict[Callable[[Installation], None], tuple[str, ...]] = {
    nothing: ("install", "trust"),
    a_renewal: WHOLE,
    a_lost_secret: WHOLE,
    a_damaged_secret: WHOLE,
    a_damaged_next_one: ("forget",),
    a_secret_by_hand: ("trust", "own"),
    a_date_of_the_future: ("date", "drop"),
}
# Before the second write is after the first: the job remembers nothing, and waits write nothing.
CASES = [
    *((begin, 1, False) for begin in STEPS if FULL or len(STEPS[begin]) > 1),
    *((begin, write, True) for begin, steps in STEPS.items() for write in range(1, len(steps) + 1)),
]


def case_id(value: object) -> str:
    if isinstance(value, bool):
        return "after" if value else "before"
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("begin", "write", "after"), CASES, ids=case_id)
def test_a_run_that_was_killed_at_any_write_is_gone_on_with_from_there(
    installed: Installation, begin: Callable[[Installation], None], write: int, after: bool
) -> None:
    begin(installed)
    off = datetime.timedelta(minutes=-30 if begin is a_date_of_the_future else 0)
    store = shifted(off) if off else Store
    was_sound = begin is a_renewal or begin is a_date_of_the_future

    with pytest.raises(Killed):
        installed.job(dying(write, after=after, base=store)).run()
    assert not was_sound or installed.is_sound(), "in the state that the dead one left"
    done = installed.job(store).run()

    assert done.steps == STEPS[begin][write - (not after) :], "each step was taken once"
    assert done.complete
    assert installed.is_sound()
    assert installed.is_settled()


WAITS = {"--trust-seconds=50": ("serve", "drop"), "--reload-seconds=50": ("drop",)}


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize(
    ("sign", "code", "told"),
    [
        (signal.SIGKILL, -9, ""),
        (signal.SIGTERM, 143, "stopped by SIGTERM; the next run goes on from what is stored\n"),
        (signal.SIGINT, 130, "error: interrupted; the next run goes on from what is stored\n"),
    ],
)
def test_a_process_that_is_ended_while_it_waits_leaves_nothing_undone(
    installed: Installation, sign: signal.Signals, code: int, told: str, wait: str
) -> None:
    a_renewal(installed)
    command, env = installed.command(wait)
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        # On a busy machine a second or more has passed.
        waits = (line for line in running.stderr if re.search(r"waiting (50|4\d) s", line))
        assert next(waits, None), "it ended without having waited"
        os.kill(running.pid, sign)
        said = running.stderr.read()

    assert (running.returncode, said) == (code, told)
    assert installed.is_sound()
    assert installed.job().run().steps == WAITS[wait]


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
