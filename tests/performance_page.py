"""What docs/performance.md shows of `make bench`'s figures: charts, and a table for each part."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.bench.creation_report import NONE
from tests.bench.load_report import GO, INJECTOR
from tests.bench.pod_report import CURRENT
from tests.charts import Bar, Chart, Step


def charts(figures: Any) -> list[Chart]:
    """CPU and memory of a sync, and reviews a second."""
    pods = [
        row for row in figures["pod"]["rows"] if (row["state"], row["limit"]) == (CURRENT, None)
    ]
    measured = f"{figures['machine']}; medians of {pods[0]['runs']} runs, the Secret up to date."
    pairs = [(f"{row['server']}, {_connections(row)}", row["rate"]) for row in _injector(figures)]
    return [
        _chart("CPU of one sync", measured, _pick(pods, "cpu_ms"), "ms"),
        _chart("Memory of one sync", measured, _pick(pods, "rss_mb"), "MB"),
        _chart("Reviews a second, one worker", figures["machine"], pairs, "/s"),
    ]


def tables(figures: Any) -> dict[str, str]:
    """By their names in the page."""
    return {
        "one pod": _table(
            "program | Secret | requests | wall | CPU | RSS | × wall, CPU, RSS", _pod(figures)
        ),
        "many pods": _table(
            "pods | Secrets | API requests a pod | AWS requests a pod | lost writes | CPU a pod",
            _growth(figures),
        ),
        "sidecar": _sidecar(figures["sidecar"]),
        "injector": _table(
            "connections | server | reviews a second | p50 | p99 | CPU a review | RSS",
            _load(figures),
        ),
        "creations": _table(
            "connections | injection | pods a second | p50 | p99 | CPU of all servers, a pod",
            _creations(figures),
        ),
    }


def _injector(figures: Any) -> list[Any]:
    return list(figures["injector"]["rows"])


def _connections(row: Any) -> str:
    return "1 connection" if row["connections"] == 1 else f"{row['connections']} connections"


def _pick(rows: Iterable[Any], field: str) -> list[tuple[str, float]]:
    return [(row["program"], row[field]) for row in rows]


def _chart(title: str, measured: str, pairs: Iterable[tuple[str, float]], unit: str) -> Chart:
    bars = [Bar(name, [Step(title, size)]) for name, size in pairs]
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


def _growth(figures: Any) -> Iterator[list[object]]:
    for row in sorted(figures["growth"]["rows"], key=lambda row: row["shape"], reverse=True):
        yield [
            f"{row['pods']:,}",
            row["shape"],
            f"{row['api']:.2f}",
            f"{row['aws']:.2f}",
            row["lost"],
            f"{row['cpu_ms']:.0f} ms",
        ]


def _sidecar(found: Any) -> str:
    return (
        f"A sidecar's cycle takes {found['cycle_ms']:.1f} ms of CPU; at the default interval of "
        f"{found['interval_s']:.0f} s\nthat is {found['hour_s']:.2f} s an hour. Its RSS was "
        f"{found['rss_mb']:.1f} MB after {found['cycles']} cycles; an idle Python's is "
        f"{found['idle_rss_mb']:.1f} MB.\n"
    )


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
