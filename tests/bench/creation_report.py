"""What the benchmark of creations makes of its figures: verdict and table."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.bench.load_report import GO, INJECTOR, Piece, Row, percentile

NONE, POLICY, AGAIN = "none", "policy", "go-again"
BAR = 1.0  # milliseconds of p99 above Go's


class Above(NamedTuple):
    """The injector's p99 less the mean of Go's two, over the rounds."""

    connections: int
    """Of each."""
    mean_ms: float
    error_ms: float
    """Two standard errors of that mean."""

    @property
    def is_missed(self) -> bool:
        """More than the bar, beyond what rounds differ by."""
        return self.mean_ms - self.error_ms > BAR

    def __str__(self) -> str:
        return (
            f"{self.connections} connections each: p99 {self.mean_ms:+.1f} ms beside Go's, "
            f"give or take {self.error_ms:.1f} ms"
        )


def above(connections: int, taken: Mapping[str, Sequence[Piece]]) -> Above:
    """A round's pieces are of the same seconds, and the machine's moods hit all of them.

    It takes two rounds or more.
    """
    p99 = {
        name: [percentile(sorted(piece.took_us), 99) for piece in pieces]
        for name, pieces in taken.items()
    }
    found = [
        ours - (go + again) / 2
        for ours, go, again in zip(p99[INJECTOR], p99[GO], p99[AGAIN], strict=True)
    ]
    error = statistics.stdev(found) / math.sqrt(len(found))
    return Above(connections, statistics.fmean(found), 2 * error)


def failed(rows: Sequence[Row]) -> list[str]:
    """A sentence for each way in which a creation failed."""
    return [
        f"{row.server} at {row.connections} connections: {row.errors} errors, "
        f"such as: {row.failure.strip()}"
        for row in rows
        if row.errors or not row.requests
    ]


def missed(rows: Sequence[Row], found: Sequence[Above]) -> list[str]:
    """The same, and one for each bar that was missed."""
    return failed(rows) + [f"{each} (bar {BAR:g} ms)" for each in found if each.is_missed]


def table(rows: Sequence[Row], found: Sequence[Above]) -> str:
    """For people; the rate and the CPU are those of all servers together."""
    lines = ["creations of pods  connections  pods/s   p50 ms   p99 ms   CPU ms/pod"]
    lines += [
        f"{row.server:17}  {row.connections:11}  {row.rate:6.0f}  {row.p50_ms:7.2f}  "
        f"{row.p99_ms:7.2f}  {row.cpu_ms:11.2f}"
        for row in rows
    ]
    return "\n".join([*lines, *map(str, found)])
