"""What the benchmark of a pod's sync makes of its runs: medians, ratios, verdict and table."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

JASM, GO, FLOOR, NAIVE = "jasm-init", "go", "floor", "naive"
QUOTED = "jasm-init, quoted"
"""The same where its annotation has a quote: read by PyYAML, which the floor does in any case."""
ABSENT, CURRENT = "absent", "up to date"
STATES = (ABSENT, CURRENT)
"""Of the Secret, before the sync."""
BARS = {FLOOR: 1.25, GO: 3.5}  # times theirs, with the whole CPU
GUARD = {FLOOR: 1.0, GO: 4.0}  # the same for few runs on a busy machine: what no change may lose
RSS_BAR = 1.0  # times Go's
REQUESTS_BAR = 5


class Cost(NamedTuple):
    """Of one run."""

    wall_ms: float
    cpu_ms: float
    rss_mb: float


class Row(NamedTuple):
    """Medians of one program's runs."""

    program: str
    state: str
    limit: float | None
    """CPUs; None: all of the machine's."""
    requests: int
    runs: int
    wall_ms: float
    cpu_ms: float
    rss_mb: float


class Ratio(NamedTuple):
    """jasm-init's figures in terms of another program's."""

    program: str
    state: str
    limit: float | None
    wall: float
    cpu: float
    rss: float


def summary(
    program: str, state: str, limit: float | None, requests: int, costs: Sequence[Cost]
) -> Row:
    """Of the runs of one program in turn with others."""
    medians = (statistics.median(figures) for figures in zip(*costs, strict=True))
    return Row(program, state, limit, requests, len(costs), *medians)


def ratios(rows: Sequence[Row]) -> list[Ratio]:
    """Beside each other program, where jasm-init was measured in the same way."""
    own = {(row.state, row.limit): row for row in rows if row.program == JASM}
    return [
        _ratio(own[row.state, row.limit], row)
        for row in rows
        if row.program != JASM and (row.state, row.limit) in own
    ]


def _ratio(own: Row, other: Row) -> Ratio:
    return Ratio(
        other.program,
        other.state,
        other.limit,
        own.wall_ms / other.wall_ms,
        own.cpu_ms / other.cpu_ms,
        own.rss_mb / other.rss_mb,
    )


def missed(rows: Sequence[Row], bars: Mapping[str, float] = BARS) -> list[str]:
    """A sentence for each bar that was missed; `bars` are those of CPU."""
    found = [
        f"first sync: {row.requests} requests (bar {REQUESTS_BAR})"
        for row in rows
        if row.program == JASM and row.limit is None and row.requests > REQUESTS_BAR
    ]
    for ratio in ratios(rows):
        if ratio.limit is not None:
            continue
        where = f"Secret {ratio.state}"
        bar = bars.get(ratio.program, 0)
        if bar and ratio.cpu > bar:
            found.append(f"{where}: {ratio.cpu:.2f} times the CPU of {ratio.program} (bar {bar:g})")
        if ratio.program == GO and ratio.rss > RSS_BAR:
            found.append(f"{where}: {ratio.rss:.2f} times the RSS of go (bar {RSS_BAR:g})")
    return found


def table(rows: Sequence[Row], left_out: str = "") -> str:
    """For people: each state and limit, in the lines of others jasm-init's in terms of them."""
    beside = {(ratio.program, ratio.state, ratio.limit): ratio for ratio in ratios(rows)}
    lines = ["one pod's sync       requests  runs   wall ms    CPU ms   RSS MB   × wall, CPU, RSS"]
    for state, limit in dict.fromkeys((row.state, row.limit) for row in rows):
        within = f", within {limit:g} CPU" if limit else ""
        lines.append(f"Secret {state}{within}")
        lines += [
            _line(row, beside.get((row.program, state, limit)))
            for row in rows
            if (row.state, row.limit) == (state, limit)
        ]
    return "\n".join([*lines, *filter(None, [left_out])])


def _line(row: Row, ratio: Ratio | None) -> str:
    figures = f"{row.wall_ms:9.0f}  {row.cpu_ms:8.1f}  {row.rss_mb:7.1f}"
    times = f"   {ratio.wall:.2f}, {ratio.cpu:.2f}, {ratio.rss:.2f}" if ratio else ""
    return f"  {row.program:19}{row.requests:7}  {row.runs:4} {figures}{times}"


def figures(rows: Sequence[Row], left_out: str) -> dict[str, Any]:
    """For programs."""
    return {
        "rows": [row._asdict() for row in rows],
        "ratios": [ratio._asdict() for ratio in ratios(rows)],
        "left_out": left_out,
    }
