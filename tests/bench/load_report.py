"""What the load benchmark makes of its figures: sums, ratios, the verdict and the table."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

GROWTH_BAR = 5.0  # MB of RSS, at the most connections
RSS_BAR = 60.0  # MB
BAR = 0.75  # times Go's
GUARD = 0.6  # the same for a short run on a busy machine: what no change may lose
INJECTOR = "injector"
GO = "go"


class Piece(NamedTuple):
    """One stretch of load on one server."""

    took_us: Sequence[int]
    """Of each answered request, microseconds."""
    errors: int
    seconds: float
    generator_cpu: float
    """Seconds that the load generator itself took."""
    failure: str
    server_cpu: float
    """Seconds."""


class Row(NamedTuple):
    """One server at one number of connections."""

    server: str
    connections: int
    requests: int
    errors: int
    rate: float
    """Requests a second."""
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """The server's, a request."""
    growth_mb: float
    """Of RSS."""
    rss_mb: float
    """At the end."""
    generator: float
    """Cores that the load generator kept busy."""
    failure: str


class Ratio(NamedTuple):
    """The injector's figures in terms of the Go webhook's."""

    connections: int
    rate: float
    p50: float
    p99: float
    cpu: float


def summary(
    server: str, connections: int, pieces: Sequence[Piece], growth_mb: float, rss_mb: float
) -> Row:
    """Of all pieces together, a moment that only one of them had included."""
    took = sorted(itertools.chain.from_iterable(piece.took_us for piece in pieces))
    requests = len(took)
    seconds = sum(piece.seconds for piece in pieces)
    return Row(
        server=server,
        connections=connections,
        requests=requests,
        errors=sum(piece.errors for piece in pieces),
        rate=_over(requests, seconds),
        p50_ms=percentile(took, 50),
        p99_ms=percentile(took, 99),
        cpu_ms=_over(sum(piece.server_cpu for piece in pieces) * 1e3, requests),
        growth_mb=growth_mb,
        rss_mb=rss_mb,
        generator=_over(sum(piece.generator_cpu for piece in pieces), seconds),
        failure=next((piece.failure for piece in pieces if piece.failure), ""),
    )


def ratio(injector: Row, go: Row) -> Ratio:
    """Both at the same number of connections."""
    return Ratio(
        injector.connections,
        _over(injector.rate, go.rate),
        _over(injector.p50_ms, go.p50_ms),
        _over(injector.p99_ms, go.p99_ms),
        _over(injector.cpu_ms, go.cpu_ms),
    )


def ratios(rows: Sequence[Row]) -> list[Ratio]:
    """One for each number of connections."""
    by = {(row.server, row.connections): row for row in rows}
    every = dict.fromkeys(row.connections for row in rows)
    return [ratio(by[INJECTOR, number], by[GO, number]) for number in every]


def missed(rows: Sequence[Row], bar: float = BAR) -> list[str]:
    """A sentence for each bar that was missed; `bar` is that of the rate."""
    found = []
    most = max(row.connections for row in rows)
    for row in rows:
        where = f"{row.server} at {row.connections} connections"
        if row.errors:
            found.append(f"{where}: {row.errors} errors, such as: {row.failure.strip()}")
        if not row.requests:
            found.append(f"{where}: no request was answered")
        judged = row.server == INJECTOR and row.connections == most
        if judged and row.growth_mb > GROWTH_BAR:
            found.append(f"{where}: RSS grew {row.growth_mb:.1f} MB (bar {GROWTH_BAR:g} MB)")
        if judged and row.rss_mb > RSS_BAR:
            found.append(f"{where}: RSS is {row.rss_mb:.1f} MB (bar {RSS_BAR:g} MB)")
    return found + [
        f"{by.connections} connections: {by.rate:.2f} times the rate of go (bar {bar:g})"
        for by in ratios(rows)
        if by.rate < bar
    ]


def table(rows: Sequence[Row]) -> str:
    """For people: each pair, and its ratio below."""
    lines = [
        "connections  server    requests/s   p50 ms   p99 ms  CPU ms/request  RSS growth     RSS"
    ]
    for by in ratios(rows):
        lines += [_line(row) for row in rows if row.connections == by.connections]
        lines.append(
            f"{'':11}  {'ratio':8}  {by.rate:10.2f}  {by.p50:7.2f}  {by.p99:7.2f}  {by.cpu:14.2f}"
        )
    busiest = max(row.generator for row in rows)
    lines.append(f"the load generator kept {busiest:.2f} of a core busy at most")
    return "\n".join(lines)


def _line(row: Row) -> str:
    figures = f"{row.rate:10.0f}  {row.p50_ms:7.2f}  {row.p99_ms:7.2f}  {row.cpu_ms:14.3f}"
    memory = f"{row.growth_mb:7.1f} MB  {row.rss_mb:3.0f} MB"
    return f"{row.connections:11}  {row.server:8}  {figures}  {memory}"


def percentile(ordered: Sequence[int], rank: int) -> float:
    """By nearest rank, in milliseconds."""
    return ordered[(len(ordered) * rank + 99) // 100 - 1] / 1e3 if ordered else 0.0


def _over(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
