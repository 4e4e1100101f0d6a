"""The benchmark of creations judges rightly, and what it creates asks for a secret."""

import json
from pathlib import Path

from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from tests.bench import creation_report, creations, load_report
from tests.bench.creation_report import AGAIN
from tests.bench.load_report import GO, INJECTOR, Piece

PIECE = Piece([5000] * 100, 0, 1.0, 0.25, "", 0.5)


def taking(milliseconds: float) -> Piece:
    return PIECE._replace(took_us=[round(milliseconds * 1000)] * 100)


def missed(injector: list[Piece], go: list[Piece], again: list[Piece]) -> list[str]:
    taken = {INJECTOR: injector, GO: go, AGAIN: again}
    return creation_report.missed([], [creation_report.above(4, taken)])


def test_a_p99_of_gos_and_a_millisecond_is_good() -> None:
    assert missed([taking(6.0)] * 4, [PIECE] * 4, [PIECE] * 4) == []


def test_more_than_that_is_told() -> None:
    assert missed([taking(6.2)] * 4, [PIECE] * 4, [PIECE] * 4) == [
        "4 connections each: p99 +1.2 ms beside Go's, give or take 0.0 ms (bar 1 ms)"
    ]


def test_a_bad_moment_of_the_machine_hits_all_of_a_round() -> None:
    moods = [PIECE, taking(25.0), PIECE, taking(9.0)]

    assert missed(moods, moods, moods) == []


def test_what_may_be_chance_is_not_told_but_what_stands_out_of_it_is() -> None:
    go = [taking(5.0), taking(9.0)] * 8
    again = [taking(9.0), taking(5.0)] * 8
    unsteady = [taking(2.0), taking(14.0)] * 8  # 1 ms above, give or take 3

    assert missed(unsteady, go, again) == []
    assert missed([taking(it.took_us[0] / 1e3 + 4) for it in unsteady], go, again) == [
        "4 connections each: p99 +5.0 ms beside Go's, give or take 3.1 ms (bar 1 ms)"
    ]


def test_a_pod_that_was_refused_is_told() -> None:
    refused = PIECE._replace(took_us=[], errors=1, failure="no jasm-init, but status 201")
    rows = [load_report.summary(INJECTOR, 4, [refused], 0, 0)]

    assert creation_report.failed(rows) == [
        "injector at 4 connections: 1 errors, such as: no jasm-init, but status 201"
    ]


def test_the_pods_that_are_created_are_of_many_kinds_and_each_is_injected(tmp_path: Path) -> None:
    pods = [json.loads(line) for line in creations.write(tmp_path / "pods").read_text().split("\n")]

    assert len({pod["metadata"]["annotations"][keys.ANNOTATION] for pod in pods}) == creations.KINDS
    assert all(inject(pod, "shop", InjectionSettings("jasm/init:demo")).operations for pod in pods)
