"""The real injector under load, beside a webhook in Go that gives the same answer in small.

`python -m tests.bench.injector_load [--seconds S] [--minute] [--output json]`, Linux only: CPU and
RSS come from /proc. The servers are loaded in pieces, one after the other in turn, so that the
machine's moods hit both. Exit code 1: there was an error, or a bar of the project was missed.

`--one-core` gives each server one core and the load generator the others; else Go takes all it can.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from initsync.testing.controlplane.progress import Progress
from initsync.testing.controlplane.toolchain import MissingToolchain
from tests.bench import gobuild, load_report, reviews, webhooks
from tests.bench.generator import Load, Server, cores, pinned, usage
from tests.bench.load_report import Piece, Row

CONNECTIONS = (1, 4, 32)
PIECES = 5
PODS = 2000
KINDS = 50


def main() -> int:
    """Measure, print, and judge."""
    chosen = options()
    if sys.platform != "linux":
        print("the load benchmark reads /proc: left out on this system", file=sys.stderr)
        return 0
    try:
        programs = gobuild.find_or_build(os.environ, Progress(sys.stderr))
    except MissingToolchain as error:
        sys.exit(f"the load benchmark is written in Go: {error}")
    seconds, connections = (
        (60.0, CONNECTIONS[-1:]) if chosen.minute else (chosen.seconds, chosen.connections)
    )
    rows = measure(programs, connections, seconds, chosen)
    missed = load_report.missed(rows, chosen.margin)
    if chosen.output == "json":
        ratios = [ratio._asdict() for ratio in load_report.ratios(rows)]
        figures = [row._asdict() for row in rows]
        print(json.dumps({"seconds": seconds, "rows": figures, "ratios": ratios, "missed": missed}))
    else:
        print(f"reviews of {chosen.kinds} kinds of pods over TLS, {seconds:g} s in {PIECES} pieces")
        print(load_report.table(rows, chosen.margin))
    return 1 if missed else 0


def options() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="on each server, each time")
    parser.add_argument("--minute", action="store_true", help="60 s, at the most connections only")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS)
    parser.add_argument("--kinds", type=int, default=KINDS, help="of pods, such as Deployments")
    parser.add_argument("--workers", type=int, default=1, help="the injector's processes")
    parser.add_argument("--one-core", action="store_true", help="for each server")
    parser.add_argument("--margin", type=float, default=1.0, help="for a busy machine: of the rate")
    parser.add_argument("--output", choices=["text", "json"], default="text")
    return parser.parse_args()


def measure(
    programs: gobuild.Programs,
    connections: Sequence[int],
    seconds: float,
    chosen: argparse.Namespace,
) -> list[Row]:
    """Every number of connections, after a piece on each server that is not counted."""
    serving, loading = cores(chosen.one_core)
    with tempfile.TemporaryDirectory(prefix="jasm-load-") as name, ExitStack() as running:
        directory = Path(name)
        sent = reviews.write(directory / "reviews", PODS, chosen.kinds)
        load = Load(programs.load, sent, loading)
        with pinned(serving):
            servers = (
                running.enter_context(webhooks.injector(directory, chosen.workers)),
                running.enter_context(webhooks.go_webhook(programs.webhook, directory)),
            )
        webhooks.compare(servers, reviews.REVIEW)
        for server in servers:
            load.piece(server, connections[0], min(seconds, 1.0))
        return [row for number in connections for row in _rows(load, servers, number, seconds)]


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
