"""The benchmark of creations judges rightly, and what it creates asks for a secret."""

import json
from pathlib import Path

from initsync import keys
from injector.patch import inject
from injector.settings import Settings
from tests.bench import creation_report, creations, load_report
from tests.bench.creation_report import NONE, Row
from tests.bench.load_report import GO, INJECTOR, Piece

PIECE = Piece(1000, 0, 1.0, 1.0, 5.0, 0.25, "", 0.5)


def rows(injector: Piece, go: Piece = PIECE) -> list[Row]:
    pieces = {NONE: PIECE, INJECTOR: injector, GO: go}
    return [load_report.summary(name, 4, [piece], 0, 0) for name, piece in pieces.items()]


def test_a_p99_of_gos_and_a_millisecond_is_good() -> None:
    assert creation_report.missed(rows(PIECE._replace(p99_ms=6.0))) == []


def test_more_than_that_is_told() -> None:
    slow = rows(PIECE._replace(p99_ms=6.2))

    assert creation_report.missed(slow) == ["4 connections: p99 1.2 ms above Go's (bar 1 ms)"]
    assert creation_report.table(slow).endswith("(bar 1 ms)")


def test_where_pods_queue_for_long_the_bar_is_a_tenth_of_gos() -> None:
    go = PIECE._replace(p99_ms=50.0)

    assert creation_report.missed(rows(PIECE._replace(p99_ms=55.0), go)) == []
    assert creation_report.missed(rows(PIECE._replace(p99_ms=56.0), go)) == [
        "4 connections: p99 6.0 ms above Go's (bar 5 ms)"
    ]


def test_a_pod_that_was_refused_is_told() -> None:
    refused = rows(PIECE._replace(requests=0, errors=1, failure="no jasm-init, but status 201"))

    assert creation_report.missed(refused) == [
        "injector at 4 connections: 1 errors, such as: no jasm-init, but status 201"
    ]


def test_the_pods_that_are_created_are_of_many_kinds_and_each_is_injected(tmp_path: Path) -> None:
    pods = [json.loads(line) for line in creations.write(tmp_path / "pods").read_text().split("\n")]

    assert len({pod["metadata"]["annotations"][keys.ANNOTATION] for pod in pods}) == creations.KINDS
    assert all(inject(pod, "shop", Settings("jasm/init:demo")).operations for pod in pods)
