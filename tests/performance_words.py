"""What the sentences beside docs/performance.md's tables say of `make bench`'s figures."""

from collections.abc import Iterable
from typing import Any

from tests.bench import growth
from tests.bench.pod_report import ABSENT, BARS, FLOOR, GO, JASM, RSS_BAR


def connections(row: Any) -> str:
    """How many there were."""
    return "1 connection" if row["connections"] == 1 else f"{row['connections']} connections"


def pod_in_words(figures: Any) -> str:
    """Of one pod, beside the floor and Go."""
    memory = max(one["rss"] for one in _ratios(figures, GO))
    return (
        f"\nSo {_between(_ratios(figures, FLOOR))} times the floor's CPU (the bar is "
        f"{BARS[FLOOR]:g}), {_between(_ratios(figures, GO))} times Go's ({BARS[GO]:g}), and\n"
        f"{memory:.2f} times Go's memory ({RSS_BAR:g}). Within a limit of 100m a sync takes "
        f"{_first(figures, limited=True)['wall_ms'] / 1e3:.1f} s.\n" + missed(figures["pod"])
    )


def sync_in_words(figures: Any) -> str:
    """Of a first sync, without a limit and with one."""
    first, slow = _first(figures), _first(figures, limited=True)
    return (
        f"One sync takes {first['cpu_ms'] / 1e3:.2f} s of CPU and {first['rss_mb']:.0f} MB. With "
        f"a limit of 100m CPU it is there after {slow['wall_ms'] / 1e3:.1f} s.\n"
    )


def costs_in_words(figures: Any) -> str:
    """Of a sync and of a review, beside other programs."""
    rates = [ratio["rate"] for ratio in figures["injector"]["ratios"]]
    return (
        f"One sync takes {_first(figures)['cpu_ms']:.0f} ms of CPU and "
        f"{_first(figures)['rss_mb']:.0f} MB of memory. That is {_between(_ratios(figures, GO))} "
        "times the CPU of a Go program\nwith the official SDKs, and "
        f"{_between(_ratios(figures, FLOOR))} times that of the same requests written in Python "
        "with no error\nhandling. The injector answers "
        f"{min(rates):.1f} times as many reviews a second as a small webhook in Go, on the same "
        "cores.\n"
    )


def _ratios(figures: Any, program: str) -> list[Any]:
    """Of `jasm-init` to another program, without a limit; each of `BARS` is there."""
    return [
        one for one in figures["pod"]["ratios"] if (one["program"], one["limit"]) == (program, None)
    ]


def _first(figures: Any, *, limited: bool = False) -> Any:
    """A first sync's row, without a limit or within 100m."""
    return next(
        row
        for row in figures["pod"]["rows"]
        if (row["program"], row["state"], bool(row["limit"])) == (JASM, ABSENT, limited)
    )


def _between(ratios: Iterable[Any]) -> str:
    low, high = (f"{pick(one['cpu'] for one in ratios):.2f}" for pick in (min, max))
    return low if low == high else f"{low} to {high}"


def rollout(figures: Any) -> str:
    """Of the most pods that were tried."""
    most = max(
        (row for row in figures["growth"]["rows"] if row["shape"] == growth.CURRENT),
        key=lambda row: row["pods"],
    )
    return (
        f"\n{most['pods']:,} pods that roll out with their Secret there cost "
        f"{most['cpu_ms'] * most['pods'] / 1e3:.0f} s of CPU in all, spread over their nodes, no "
        f"write,\nand {most['api'] + most['aws']:.0f} requests each.\n" + missed(figures["growth"])
    )


def missed(part: Any) -> str:
    """What the run itself said of its bars."""
    said = "; ".join(part["missed"])
    return f"\n**A bar was missed**: {said}.\n" if said else ""


def sidecar(found: Any) -> str:
    """Of its cycles, and of its memory."""
    return (
        f"A sidecar's cycle takes {found['cycle_ms']:.1f} ms of CPU; at the default interval of "
        f"{found['interval_s']:.0f} s\nthat is {found['hour_s']:.2f} s an hour, "
        f"{found['looks_hour_s']:.2f} s of it for looking at the annotations. Its RSS was "
        f"{found['rss_mb']:.1f} MB\nafter {found['cycles']} cycles; an idle Python's is "
        f"{found['idle_rss_mb']:.1f} MB.\n" + missed(found)
    )


def above(found: Any) -> str:
    """Of the injector's p99 and Go's."""
    said = ", ".join(
        f"{each['mean_ms']:+.1f} ± {each['error_ms']:.1f} ms with {connections(each)} each"
        for each in found
    )
    return f"\nThe injector's p99 beside Go's, both asked at the same time: {said}.\n"
