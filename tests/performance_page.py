"""What docs/performance.md shows of `make bench`'s figures: charts, and a table for each part."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.bench.creation_report import NONE
from tests.bench.load_report import INJECTOR
from tests.bench.pod_report import CURRENT, FLOOR, GO, JASM, NAIVE, QUOTED
from tests.charts import Bar, Chart, Step
from tests.performance_words import (
    above,
    connections,
    costs_in_words,
    missed,
    pod_in_words,
    rollout,
    sidecar,
    sync_in_words,
)

SAID = {
    JASM: "JASM",
    QUOTED: "JASM, quoted annotation",
    GO: "Go, official SDKs",
    FLOOR: "Python, no error handling",
    NAIVE: "Python, official SDKs",
}
"""The programs, as a picture names them."""
REVIEWER = {INJECTOR: "JASM", GO: "Go webhook"}


def charts(figures: Any) -> list[Chart]:
    """CPU and memory of a sync, and reviews a second."""
    pods = [
        row for row in figures["pod"]["rows"] if (row["state"], row["limit"]) == (CURRENT, None)
    ]
    measured = f"{figures['machine']}; medians of {pods[0]['runs']} runs, the Secret up to date."
    pairs = [
        (f"{REVIEWER[row['server']]}, {connections(row)}", row["rate"])
        for row in _injector(figures)
    ]
    return [
        _chart("CPU of one sync", measured, _pick(pods, "cpu_ms"), "ms"),
        _chart("Memory of one sync", measured, _pick(pods, "rss_mb"), "MB"),
        _chart(
            "Pods that the injector reviews in a second", figures["machine"], pairs, "/s"
        )._replace(better="more is better"),
    ]


def tables(figures: Any) -> dict[str, str]:
    """By their names in the page."""
    return {
        "one pod": _table(
            "program | Secret | requests | wall | CPU | RSS | × wall, CPU, RSS", _pod(figures)
        )
        + pod_in_words(figures),
        "one pod, from Vault": _table(
            "program | wall | CPU | RSS | JASM's CPU and RSS beside it", _vault(figures["vault"])
        )
        + f"\nPython {figures['vault']['python']}.\n"
        + missed(figures["vault"]),
        "many pods": _table(
            "pods | Secrets | API requests a pod | AWS requests a pod | writes | lost | CPU a pod"
            " | all of them took",
            _growth(figures),
        )
        + rollout(figures),
        "a sync in words": sync_in_words(figures),
        "costs in words": costs_in_words(figures),
        "sidecar": sidecar(figures["sidecar"]),
        "injector": _table(
            "connections | server | reviews a second | p50 | p99 | CPU a review | RSS",
            _load(figures),
        )
        + missed(figures["injector"]),
        "creations": _table(
            "connections | injection | pods a second | p50 | p99 | CPU of all servers, a pod",
            _creations(figures),
        )
        + above(figures["creations"]["above"])
        + missed(figures["creations"]),
    }


def _injector(figures: Any) -> list[Any]:
    return list(figures["injector"]["rows"])


def _pick(rows: Iterable[Any], field: str) -> list[tuple[str, float]]:
    return [(SAID[row["program"]], row[field]) for row in rows]


def _chart(title: str, measured: str, pairs: Iterable[tuple[str, float]], unit: str) -> Chart:
    bars = [Bar(name, [Step(title, size, name.startswith("JASM"))]) for name, size in pairs]
    return Chart(title, measured, bars, unit, 0)


def _table(head: str, rows: Iterable[Iterable[object]]) -> str:
    lines = [f"| {head} |", "|" + "---|" * (head.count("|") + 1)]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _pod(figures: Any) -> Iterator[list[object]]:
    ratios = {(one["program"], one["state"], one["limit"]): one for one in figures["pod"]["ratios"]}
    for row in figures["pod"]["rows"]:
        times = ratios.get((row["program"], row["state"], row["limit"]))
        within = f", within {row['limit'] * 1000:.0f}m" if row["limit"] else ""
        yield [
            row["program"],
            row["state"] + within,
            row["requests"],
            f"{row['wall_ms']:.0f} ms",
            f"{row['cpu_ms']:.0f} ms",
            f"{row['rss_mb']:.0f} MB",
            f"{times['wall']:.2f}, {times['cpu']:.2f}, {times['rss']:.2f}" if times else "",
        ]


def _vault(found: Any) -> Iterator[list[object]]:
    own, *others = found["rows"]
    for row in (own, *others):
        times = [f"× {own[name] / row[name]:.2f}" for name in ("cpu_ms", "rss_mb")]
        yield [
            row["program"],
            f"{row['wall_ms']:.0f} ms",
            f"{row['cpu_ms']:.0f} ms",
            f"{row['rss_mb']:.0f} MB",
            "" if row is own else ", ".join(times),
        ]


def _growth(figures: Any) -> Iterator[list[object]]:
    for row in sorted(figures["growth"]["rows"], key=lambda row: row["shape"], reverse=True):
        yield [
            f"{row['pods']:,}",
            row["shape"],
            f"{row['api']:.2f}",
            f"{row['aws']:.2f}",
            row["writes"],
            row["lost"],
            f"{row['cpu_ms']:.0f} ms",
            f"{row['seconds']:.1f} s",
        ]


def _load(figures: Any) -> Iterator[list[object]]:
    ratios = {ratio["connections"]: ratio for ratio in figures["injector"]["ratios"]}
    for row in _injector(figures):
        yield [
            row["connections"],
            row["server"],
            f"{row['rate']:.0f}",
            f"{row['p50_ms']:.2f} ms",
            f"{row['p99_ms']:.2f} ms",
            f"{row['cpu_ms']:.3f} ms",
            f"{row['rss_mb']:.0f} MB",
        ]
        if row["server"] == GO:
            times = ratios[row["connections"]]
            shown = [f"× {times[name]:.2f}" for name in ("rate", "p50", "p99", "cpu")]
            yield [row["connections"], f"{INJECTOR} / {GO}", *shown, ""]


def _creations(figures: Any) -> Iterator[list[object]]:
    for row in figures["creations"]["rows"]:
        yield [
            row["connections"],
            "no injection" if row["server"] == NONE else row["server"],
            f"{row['rate']:.0f}",
            f"{row['p50_ms']:.1f} ms",
            f"{row['p99_ms']:.1f} ms",
            f"{row['cpu_ms']:.1f} ms",
        ]
