"""The load benchmark judges rightly: pure functions, and the review that it sends."""

import os
from pathlib import Path

import pytest

from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from injector.webhook import facts, review
from tests.bench import generator, gobuild, load_report, reviews
from tests.bench.load_report import GO, INJECTOR, Piece, Row

PIECE = Piece(
    took_us=[1000] * 980 + [2000] * 20,
    errors=0,
    seconds=1.0,
    generator_cpu=0.25,
    failure="",
    server_cpu=0.5,
)


def row(server: str, connections: int = 32, growth: float = 0.0, *pieces: Piece) -> Row:
    return load_report.summary(server, connections, pieces or [PIECE], growth, 40.0)


def test_counts_add_up_and_percentiles_are_of_all_requests() -> None:
    hiccup = PIECE._replace(took_us=[1000] * 470 + [90_000] * 30, seconds=2.0, server_cpu=1.0)

    found = row(INJECTOR, 4, 0.0, PIECE, hiccup, PIECE)

    assert (found.requests, found.rate) == (2500, 625.0)
    assert (found.p50_ms, found.p99_ms) == (1.0, 90.0)
    assert found.cpu_ms == pytest.approx(0.8)
    assert found.generator == pytest.approx(0.1875)


def test_ratios_are_the_injectors_figures_over_gos() -> None:
    slow = PIECE._replace(took_us=[4000] * 240 + [6000] * 10)

    (found,) = load_report.ratios([row(INJECTOR, 1, 0.0, slow), row(GO, 1)])

    assert found == (1, 0.25, 4.0, 3.0, 4.0)


def test_a_quiet_run_misses_nothing() -> None:
    rows = [row(INJECTOR, 1, 20.0), row(GO, 1), row(INJECTOR), row(GO, 32, 20.0)]

    assert load_report.missed(rows) == []


def test_a_rate_below_gos_is_told_and_a_busy_machine_has_its_margin() -> None:
    slow = PIECE._replace(took_us=[1000] * 700)
    rows = [row(INJECTOR, 4, 0.0, slow), row(GO, 4)]

    assert load_report.missed(rows) == ["4 connections: 0.70 times the rate of go (bar 0.75)"]
    assert load_report.missed(rows, load_report.GUARD) == []


def test_an_error_of_either_server_is_told_with_its_words() -> None:
    failed = PIECE._replace(errors=2, failure="EOF\n")

    found = load_report.missed([row(INJECTOR), row(GO, 32, 0.0, PIECE, failed)])

    assert found == ["go at 32 connections: 2 errors, such as: EOF"]


def test_no_answer_at_all_is_missed_and_divides_by_nothing() -> None:
    silent = PIECE._replace(took_us=[], server_cpu=0.0)
    rows = [row(INJECTOR, 32, 0.0, silent), row(GO, 32, 0.0, silent)]

    assert "injector at 32 connections: no request was answered" in load_report.missed(rows)
    assert load_report.ratios(rows)[0].rate == 0.0


def test_growth_is_judged_of_the_injector_at_the_most_connections() -> None:
    rows = [row(INJECTOR, 32, 5.1), row(GO)]

    assert load_report.missed(rows) == ["injector at 32 connections: RSS grew 5.1 MB (bar 5 MB)"]


def test_the_table_has_a_ratio_below_each_pair() -> None:
    rows = [row(server, number) for number in (1, 32) for server in (INJECTOR, GO)]

    _, *lines, last = load_report.table(rows).splitlines()

    assert [line.split()[line.endswith("MB")] for line in lines] == 2 * [
        INJECTOR,
        GO,
        "ratio",
    ]
    assert "0.25 of a core" in last


def test_cpu_and_rss_are_read_whatever_the_programs_name() -> None:
    fields = ["S", *["0"] * 10, "150", "50", *["0"] * 8, "1000", "0"]

    found = generator.parse_stat(f"7 (a) b 9) {' '.join(fields)}")

    assert found.cpu == 200 / os.sysconf("SC_CLK_TCK")
    assert found.rss_mb == 1000 * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_a_changed_source_is_built_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module a\n")
    (tmp_path / "main.go").write_text("package main\n")
    before = gobuild.key(tmp_path)
    (tmp_path / "review.json").write_text("{}")
    unchanged = gobuild.key(tmp_path)

    (tmp_path / "main.go").write_text("package main // changed\n")

    assert before == unchanged != gobuild.key(tmp_path)


def test_a_large_injector_is_told_and_a_large_reference_is_not() -> None:
    rows = [row(server)._replace(rss_mb=60.1) for server in (INJECTOR, GO)]

    assert load_report.missed(rows) == ["injector at 32 connections: RSS is 60.1 MB (bar 60 MB)"]


def test_one_core_leaves_the_others_to_the_load_generator() -> None:
    every = os.sched_getaffinity(0)

    serving, loading = generator.cores(one=True)

    assert len(serving) == 1
    assert loading == every - serving or len(every) == 1
    with generator.pinned(serving):
        assert os.sched_getaffinity(0) == serving
    assert os.sched_getaffinity(0) == every


def test_the_reviews_that_are_sent_are_of_as_many_kinds_of_pods_that_are_injected(
    tmp_path: Path,
) -> None:
    lines = reviews.write(tmp_path / "reviews", pods=6, kinds=3).read_text().splitlines()

    asked = [review.decode(line.encode()) for line in lines]

    assert len({found.uid for found in asked}) == 6
    assert len({facts.of(found.pod) for found in asked}) == 3
    assert len({len(line) for line in lines}) == 1
    for found in asked:
        done = inject(found.pod, found.namespace, InjectionSettings("jasm/init:demo"))
        assert keys.CONTAINER in {
            item["name"]
            for operation in done.operations
            if operation["path"] == "/spec/initContainers"
            for item in operation["value"]
        }
