"""What docs/performance.md shows of `make bench`'s figures: charts, and a table for each part."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.bench import growth
from tests.bench.creation_report import NONE
from tests.bench.load_report import INJECTOR
from tests.bench.pod_report import ABSENT, BARS, CURRENT, FLOOR, GO, JASM, NAIVE, QUOTED, RSS_BAR
from tests.charts import Bar, Chart, Step

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
        (f"{REVIEWER[row['server']]}, {_connections(row)}", row["rate"])
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
        + _pod_in_words(figures),
        "one pod, from Vault": _table(
            "program | wall | CPU | RSS | JASM's CPU and RSS beside it", _vault(figures["vault"])
        )
        + f"\nPython {figures['vault']['python']}.\n"
        + _missed(figures["vault"]),
        "many pods": _table(
            "pods | Secrets | API requests a pod | AWS requests a pod | writes | lost | CPU a pod"
            " | all of them took",
            _growth(figures),
        )
        + _rollout(figures),
        "a sync in words": _sync_in_words(figures),
        "costs in words": _costs_in_words(figures),
        "sidecar": _sidecar(figures["sidecar"]),
        "injector": _table(
            "connections | server | reviews a second | p50 | p99 | CPU a review | RSS",
            _load(figures),
        )
        + _missed(figures["injector"]),
        "creations": _table(
            "connections | injection | pods a second | p50 | p99 | CPU of all servers, a pod",
            _creations(figures),
        )
        + _above(figures["creations"]["above"])
        + _missed(figures["creations"]),
    }


def _injector(figures: Any) -> list[Any]:
    return list(figures["injector"]["rows"])


def _connections(row: Any) -> str:
    return "1 connection" if row["connections"] == 1 else f"{row['connections']} connections"


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


def _pod_in_words(figures: Any) -> str:
    memory = max(one["rss"] for one in _ratios(figures, GO))
    return (
        f"\nSo {_between(_ratios(figures, FLOOR))} times the floor's CPU (the bar is "
        f"{BARS[FLOOR]:g}), {_between(_ratios(figures, GO))} times Go's ({BARS[GO]:g}), and\n"
        f"{memory:.2f} times Go's memory ({RSS_BAR:g}). Within a limit of 100m a sync takes "
        f"{_first(figures, limited=True)['wall_ms'] / 1e3:.1f} s.\n" + _missed(figures["pod"])
    )


def _sync_in_words(figures: Any) -> str:
    first, slow = _first(figures), _first(figures, limited=True)
    return (
        f"One sync takes {first['cpu_ms'] / 1e3:.2f} s of CPU and {first['rss_mb']:.0f} MB. With "
        f"a limit of 100m CPU it is there after {slow['wall_ms'] / 1e3:.1f} s.\n"
    )


def _costs_in_words(figures: Any) -> str:
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


def _rollout(figures: Any) -> str:
    most = max(
        (row for row in figures["growth"]["rows"] if row["shape"] == growth.CURRENT),
        key=lambda row: row["pods"],
    )
    return (
        f"\n{most['pods']:,} pods that roll out with their Secret there cost "
        f"{most['cpu_ms'] * most['pods'] / 1e3:.0f} s of CPU in all, spread over their nodes, no "
        f"write,\nand {most['api'] + most['aws']:.0f} requests each.\n" + _missed(figures["growth"])
    )


def _missed(part: Any) -> str:
    """What the run itself said of its bars."""
    said = "; ".join(part["missed"])
    return f"\n**A bar was missed**: {said}.\n" if said else ""


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


def _sidecar(found: Any) -> str:
    return (
        f"A sidecar's cycle takes {found['cycle_ms']:.1f} ms of CPU; at the default interval of "
        f"{found['interval_s']:.0f} s\nthat is {found['hour_s']:.2f} s an hour, "
        f"{found['looks_hour_s']:.2f} s of it for looking at the annotations. Its RSS was "
        f"{found['rss_mb']:.1f} MB\nafter {found['cycles']} cycles; an idle Python's is "
        f"{found['idle_rss_mb']:.1f} MB.\n" + _missed(found)
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


def _above(found: Any) -> str:
    said = ", ".join(
        f"{each['mean_ms']:+.1f} ± {each['error_ms']:.1f} ms with {_connections(each)} each"
        for each in found
    )
    return f"\nThe injector's p99 beside Go's, both asked at the same time: {said}.\n"


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
