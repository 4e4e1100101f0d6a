"""What the benchmark of creations makes of its figures: verdict and table."""

from collections.abc import Sequence

from tests.bench.load_report import GO, INJECTOR, Row

NONE, POLICY = "none", "policy"
BAR = 1.0  # milliseconds of p99 above Go's
QUEUE = 0.1  # or times Go's, where that is more: then pods wait for each other, not for a webhook

__all__ = ["NONE", "POLICY", "Row", "missed", "table"]


def missed(rows: Sequence[Row]) -> list[str]:
    """A sentence for each bar that was missed."""
    found = [
        f"{row.server} at {row.connections} connections: {row.errors} errors, "
        f"such as: {row.failure.strip()}"
        for row in rows
        if row.errors or not row.requests
    ]
    by = {(row.server, row.connections): row for row in rows}
    for row in rows:
        go = by[GO, row.connections]
        above, bar = row.p99_ms - go.p99_ms, max(BAR, QUEUE * go.p99_ms)
        if row.server == INJECTOR and above > bar:
            found.append(
                f"{row.connections} connections: p99 {above:.1f} ms above Go's (bar {bar:g} ms)"
            )
    return found


def table(rows: Sequence[Row]) -> str:
    """For people; the rate and the CPU are those of all servers together."""
    lines = ["creations of pods  connections  pods/s   p50 ms   p99 ms   CPU ms/pod"]
    lines += [
        f"{row.server:17}  {row.connections:11}  {row.rate:6.0f}  {row.p50_ms:7.2f}  "
        f"{row.p99_ms:7.2f}  {row.cpu_ms:11.2f}"
        for row in rows
    ]
    return "\n".join([*lines, *missed(rows)])
