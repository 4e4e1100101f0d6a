"""The benchmarks of the pod path judge rightly: ratios and counts only."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.bench import cgroup, growth, pod_report, several, sidecar_cost, vault_sync
from tests.bench.pod_report import ABSENT, CURRENT, FLOOR, GO, JASM, Cost, Row


def row(program: str, cpu: float, rss: float = 20.0, state: str = CURRENT) -> Row:
    return pod_report.summary(program, state, None, 5, [Cost(100.0, cpu, rss)])


def test_a_good_run_misses_nothing() -> None:
    rows = [row(JASM, 70), row(GO, 20), row(FLOOR, 60), row(JASM, 70, state=ABSENT)]

    assert pod_report.missed(rows) == []
    assert "70.0" in pod_report.table(rows)


def test_each_bar_is_judged() -> None:
    rows = [row(JASM, 80, 30)._replace(requests=6), row(GO, 20, 25), row(FLOOR, 60)]

    assert pod_report.missed(rows) == [
        "first sync: 6 requests (bar 5)",
        "Secret up to date: 4.00 times the CPU of go (bar 3.5)",
        "Secret up to date: 1.20 times the RSS of go (bar 1)",
        "Secret up to date: 1.33 times the CPU of floor (bar 1.25)",
    ]


def test_within_a_limit_nothing_is_judged() -> None:
    rows = [row(JASM, 80)._replace(limit=0.1), row(GO, 1)._replace(limit=0.1)]

    assert pod_report.missed(rows) == []


def test_ten_secrets_are_judged_by_what_one_costs() -> None:
    one = several.Row(1, 4, 60.0, 100.0, 200.0, 20.0)
    good = one._replace(number=10, requests=22, cpu_ms=120.0, delayed_ms=400.0)
    bad = one._replace(number=10, requests=23, cpu_ms=126.0, delayed_ms=410.0)

    assert several.missed([one, good], 2.0, 2.0) == []
    assert several.missed([one, bad], 2.0, 2.0) == [
        "10 Secrets: 2.10 times the CPU of one (bar 2)",
        "10 Secrets, delayed: 2.05 times one (bar 2)",
        "10 Secrets: 19 requests more than one (bar 18)",
    ]
    assert "120.0   2.00" in several.table([one, good])


def test_a_sync_from_vault_is_judged_beside_aws_and_the_agent() -> None:
    own = vault_sync.Row(vault_sync.JASM, 100.0, 84.0, 21.0)
    aws = own._replace(program=vault_sync.AWS, cpu_ms=70.0)
    agent = own._replace(program=vault_sync.AGENT, cpu_ms=120.0, rss_mb=60.0)

    assert vault_sync.missed([own, aws, agent]) == []
    assert vault_sync.missed([own._replace(cpu_ms=85.0, rss_mb=22.0), aws, agent]) == [
        "sync from Vault: 1.21 times the CPU of jasm-init, aws (bar 1.2)",
        "sync from Vault: 0.71 times the CPU of bao agent (bar 0.7)",
        "sync from Vault: 0.37 times the RSS of bao agent (bar 0.35)",
    ]


def test_a_share_that_grows_is_told() -> None:
    alone = growth.Row(growth.ONE, 1, 1.0, 2.0, 2.0, 1, 0, 50.0)
    rollout = alone._replace(shape=growth.CURRENT)

    assert growth.missed([alone, alone._replace(pods=100, api=3.9)]) == []
    assert growth.missed([alone, alone._replace(pods=100, api=4.1)]) == [
        "one Secret, 100 pods: 6.1 requests a pod, 4.0 where it is alone (bar 1.5 times)"
    ]
    assert growth.missed([rollout, rollout._replace(pods=100, api=2.1)]) == [
        "one, up to date, 100 pods: 4.1 requests a pod, 4.0 where it is alone (bar 1 times)"
    ]


def test_a_sidecar_that_grows_is_told() -> None:
    assert sidecar_cost.missed({"rss_mb": 22.0, "rss_few_mb": 20.0}) == []
    assert sidecar_cost.missed({"rss_mb": 22.1, "rss_few_mb": 20.0}) == [
        "a sidecar: RSS grew 2.1 MB in 300 cycles (bar 2 MB)"
    ]


@pytest.mark.parametrize(
    ("files", "limit", "text"),
    [
        (["cpu/cpu.cfs_quota_us"], "cpu/{group}/cpu.cfs_quota_us", "10000"),
        (["cgroup.controllers"], "{group}/cpu.max", "10000 100000"),
    ],
)
def test_a_limit_of_either_kind_of_cgroup(
    tmp_path: Path, files: list[str], limit: str, text: str
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("cpu memory")
    place = tmp_path / limit.format(group=f"jasm-bench-{os.getpid()}-one")

    with cgroup.limited(0.1, tmp_path) as join:
        assert place.read_text() == text
        assert join == place.with_name(cgroup.MEMBERS)
        for file in place.parent.iterdir():  # the kernel's own go with the group
            file.unlink()

    assert not place.parent.exists()


@pytest.mark.parametrize(
    ("file", "limit"),
    [
        ("memory/memory.limit_in_bytes", "memory/{group}/memory.limit_in_bytes"),
        ("cgroup.controllers", "{group}/memory.max"),
    ],
)
def test_memory_is_limited_likewise(tmp_path: Path, file: str, limit: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("cpu memory")
    place = tmp_path / limit.format(group=f"jasm-bench-{os.getpid()}-one")

    with cgroup.of_memory(4096, tmp_path) as join:
        assert place.read_text() == "4096"
        subprocess.run([*cgroup.joining(join), "true"], check=True)
        assert join.read_text().strip().isdigit()
        for file_ in place.parent.iterdir():
            file_.unlink()

    assert not place.parent.exists()


def test_without_cgroups_it_says_so(tmp_path: Path) -> None:
    with (
        pytest.raises(cgroup.Unavailable, match="no cgroups that limit cpu"),
        cgroup.limited(0.1, tmp_path),
    ):
        pass


def test_ci_has_bars_of_its_own_for_cpu_alone() -> None:
    rows = [row(JASM, 76, 30)._replace(requests=6), row(GO, 20, 25), row(FLOOR, 75)]

    assert pod_report.missed(rows, pod_report.GUARD) == [
        "first sync: 6 requests (bar 5)",
        "Secret up to date: 1.20 times the RSS of go (bar 1)",
        "Secret up to date: 1.01 times the CPU of floor (bar 1)",
    ]
