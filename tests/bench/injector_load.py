"""The real injector under load, beside a webhook in Go that gives the same answer in small.

`python -m tests.bench.injector_load [--quick] [--seconds S] [--json FILE]`, Linux only: CPU and RSS
come from /proc. The servers are loaded in pieces, one after the other in turn, so that the
machine's moods hit both. Exit code 1: there was an error, or a bar of the project was missed.

`--one-core` gives each server one core and the load generator the others; else Go takes all it can.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from initsync.cli.progress import Progress
from tests.bench import gobuild, load_report, part, reviews, webhooks
from tests.bench.generator import Load, Server, cores, pinned, usage
from tests.bench.load_report import Piece, Row
from tests.bench.part import Result

CONNECTIONS = (1, 4, 32)
PIECES = 5
PODS = 2000
KINDS = 50


def main() -> int:
    """Measure, print, and judge."""
    parser = part.options(__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="on each server, each time")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--kinds", type=int, default=KINDS, help="of pods, such as Deployments")
    parser.add_argument("--one-core", action="store_true", help="for each server")
    chosen = parser.parse_args()
    return part.run_on_linux(result, chosen, "the load benchmark reads /proc")


def result(chosen: argparse.Namespace) -> Result:
    """As the command line wants it."""
    seconds, bar = (1.0, load_report.GUARD) if chosen.quick else (chosen.seconds, load_report.BAR)
    programs = gobuild.find_or_build(os.environ, Progress(sys.stderr))
    rows = measure(programs, seconds, chosen)
    head = f"reviews of {chosen.kinds} kinds of pods over TLS, {seconds:g} s in {PIECES} pieces\n"
    figures = {
        "seconds": seconds,
        "rows": [row._asdict() for row in rows],
        "ratios": [ratio._asdict() for ratio in load_report.ratios(rows)],
    }
    return Result(head + load_report.table(rows), figures, load_report.missed(rows, bar))


def measure(programs: gobuild.Programs, seconds: float, chosen: argparse.Namespace) -> list[Row]:
    """Every number of connections, after a piece on each server that is not counted."""
    serving, loading = cores(chosen.one_core)
    with tempfile.TemporaryDirectory(prefix="jasm-load-") as name, ExitStack() as running:
        directory = Path(name)
        sent = reviews.write(directory / "reviews", PODS, chosen.kinds)
        load = Load(programs.load, sent, loading)
        with pinned(serving):
            servers = (
                running.enter_context(webhooks.injector(directory)),
                running.enter_context(webhooks.go_webhook(programs.webhook, directory)),
            )
        webhooks.compare(servers, reviews.REVIEW)
        for server in servers:
            load.piece(server, chosen.connections[0], 1.0)
        return [
            row for number in chosen.connections for row in _rows(load, servers, number, seconds)
        ]


def _rows(load: Load, servers: Sequence[Server], connections: int, seconds: float) -> Iterator[Row]:
    before = {server: usage(server.pid).rss_mb for server in servers}
    pieces: dict[Server, list[Piece]] = {server: [] for server in servers}
    for _ in range(PIECES):
        for server, taken in pieces.items():
            taken.append(load.piece(server, connections, seconds / PIECES))
    for server, taken in pieces.items():
        rss = usage(server.pid).rss_mb
        yield load_report.summary(server.name, connections, taken, rss - before[server], rss)


if __name__ == "__main__":
    sys.exit(main())
