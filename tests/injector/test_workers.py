"""More processes of one injector: they share the work, the figures and the end."""

import datetime
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from injector import certs
from injector.metrics import OUTCOMES, Metrics
from tests.injector.running import DEADLINE, JSON, Injector, review
from tests.polling import until


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Injector]:
    certs.self_signed(tmp_path, ["127.0.0.1"], datetime.datetime.now(datetime.UTC), 1)
    two = Injector(tmp_path, "--workers=2")
    yield two
    if two.process.poll() is None:
        two.process.send_signal(signal.SIGTERM)
        two.process.wait(DEADLINE)
    two.log.close()


def started(parent: int) -> list[int]:
    """Its workers, once both are there."""
    until(lambda: len(children(parent)) == 2)
    return children(parent)


def children(parent: int) -> list[int]:
    shown = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], check=True, capture_output=True, text=True
    )
    rows = [line.split() for line in shown.stdout.splitlines()]
    return [int(pid) for pid, of, state in rows if int(of) == parent and state[0] != "Z"]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_whichever_is_asked_tells_what_all_have_done(running: Injector) -> None:
    for _ in range(12):
        assert running.ask("POST", "/mutate", review(), JSON)[0] == 200

    for _ in range(8):
        page = running.ask("GET", "/metrics")[1].decode()
        assert 'jasm_injector_reviews_total{outcome="injected"} 12.0\n' in page
        assert "jasm_injector_review_seconds_count 12.0\n" in page
        assert "jasm_injector_requests_in_flight 1.0\n" in page


def test_sigterm_ends_them_all(running: Injector) -> None:
    both = started(running.process.pid)

    running.process.send_signal(signal.SIGTERM)

    assert running.process.wait(DEADLINE) == 0
    assert all(map(gone, both))
    assert '"stopped"' in running.log.readlines()[-1]


def test_one_that_ends_by_itself_ends_the_others(running: Injector) -> None:
    first, other = started(running.process.pid)

    os.kill(first, signal.SIGKILL)

    assert running.process.wait(DEADLINE) == 1
    assert gone(other)
    assert '"a worker ended by itself"' in running.log.readlines()[-1]


def test_none_outlives_the_process_that_started_it(running: Injector) -> None:
    both = started(running.process.pid)

    running.process.kill()

    until(lambda: all(map(gone, both)))


def test_every_outcome_is_there_from_the_beginning() -> None:
    page = Metrics(lambda: (0.0, 0.0)).page().decode()

    for outcome in OUTCOMES:
        assert f'jasm_injector_reviews_total{{outcome="{outcome}"}} 0.0\n' in page


def test_a_review_is_in_its_bucket_and_in_those_above() -> None:
    metrics = Metrics(lambda: (0.0, 0.0), workers=2)

    for worker, seconds in enumerate((0.0002, 9.0)):
        metrics.use(worker)
        metrics.reviewed("injected", seconds)

    lines = metrics.page().decode().splitlines()
    found = dict(line.rsplit(" ", 1) for line in lines if "_seconds_" in line and line[0] != "#")
    assert found["jasm_injector_review_seconds_sum"] == "9.0002"
    bounds = [
        found[f'jasm_injector_review_seconds_bucket{{le="{le}"}}']
        for le in ("0.0002", "5.0", "+Inf")
    ]
    assert bounds == ["1.0", "1.0", "2.0"]
