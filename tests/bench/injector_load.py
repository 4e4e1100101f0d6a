"""The real injector under load, beside a webhook in Go that gives the same answer in small.

`python -m tests.bench.injector_load [--seconds S] [--minute] [--output json]`, Linux only: CPU and
RSS come from /proc. The servers are loaded in pieces, one after the other in turn, so that the
machine's moods hit both. Exit code 1: there was an error, or the injector's RSS was too much.

`--one-core` gives each server one core and the load generator the others; else Go takes all it can.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from initsync.testing.controlplane.progress import Progress
from initsync.testing.controlplane.toolchain import MissingToolchain
from initsync.testing.pki import Authority
from initsync.testing.process import Process
from initsync.testing.webhook import Webhook
from tests.bench import gobuild, load_report, reviews
from tests.bench.load_report import Piece, Row

CONNECTIONS = (1, 4, 32)
PIECES = 5
START_TIMEOUT = 10.0
PODS = 2000
KINDS = 50


class Server(NamedTuple):
    """One that listens."""

    name: str
    url: str
    ca: Path
    pid: int


class Usage(NamedTuple):
    """Of a process so far."""

    cpu: float
    """Seconds."""
    rss_mb: float


class Load(NamedTuple):
    """Puts reviews on a server."""

    program: Path
    reviews: Path
    cores: set[int]
    """The generator's."""

    def piece(self, server: Server, connections: int, seconds: float) -> Piece:
        """One stretch, with the server's own CPU beside it."""
        before = usage(server.pid)
        options = [f"-url={server.url}", f"-ca={server.ca}", f"-reviews={self.reviews}"]
        command = [
            str(self.program),
            *options,
            f"-connections={connections}",
            f"-seconds={seconds}",
        ]
        with pinned(self.cores):
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        cpu = usage(server.pid).cpu - before.cpu
        return Piece(**json.loads(done.stdout), server_cpu=cpu)


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
    missed = load_report.missed(rows)
    if chosen.output == "json":
        ratios = [ratio._asdict() for ratio in load_report.ratios(rows)]
        figures = [row._asdict() for row in rows]
        print(json.dumps({"seconds": seconds, "rows": figures, "ratios": ratios, "missed": missed}))
    else:
        print(f"reviews of {chosen.kinds} kinds of pods over TLS, {seconds:g} s in {PIECES} pieces")
        print(load_report.table(rows))
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
                running.enter_context(injector(directory, chosen.workers)),
                running.enter_context(go_webhook(programs.webhook, directory)),
            )
        for server in servers:
            load.piece(server, connections[0], min(seconds, 1.0))
        return [row for number in connections for row in _rows(load, servers, number, seconds)]


def cores(one: bool) -> tuple[set[int], set[int]]:
    """Those of the servers, and those of the load generator."""
    every = os.sched_getaffinity(0)
    first = {min(every)}
    return (first, every - first or every) if one else (every, every)


@contextmanager
def pinned(to: set[int]) -> Iterator[None]:
    """What is started meanwhile stays on these cores; Go then sees no others."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _rows(load: Load, servers: Sequence[Server], connections: int, seconds: float) -> Iterator[Row]:
    before = {server: usage(server.pid).rss_mb for server in servers}
    pieces: dict[Server, list[Piece]] = {server: [] for server in servers}
    for _ in range(PIECES):
        for server, taken in pieces.items():
            taken.append(load.piece(server, connections, seconds / PIECES))
    for server, taken in pieces.items():
        rss = usage(server.pid).rss_mb
        yield load_report.summary(server.name, connections, taken, rss - before[server], rss)


@contextmanager
def injector(directory: Path, workers: int) -> Iterator[Server]:
    """As a cluster runs it."""
    with Webhook(workers=workers) as webhook:
        ca = directory / "injector-ca.crt"
        ca.write_text(webhook.ca_pem, encoding="ascii")
        yield Server(load_report.INJECTOR, webhook.url, ca, webhook.pid)


@contextmanager
def go_webhook(program: Path, directory: Path) -> Iterator[Server]:
    """With a certificate of the same kind."""
    authority = Authority(directory)
    certificate, key = authority.serving("go")
    log = directory / "go.log"
    process = Process([str(program), f"-certificate={certificate}", f"-key={key}"], log)
    try:
        process.await_ready(lambda: log.read_text().endswith("\n"), START_TIMEOUT)
        yield Server(load_report.GO, log.read_text().strip(), authority.ca, process.pid)
    finally:
        process.stop()


def usage(pid: int) -> Usage:
    """From /proc; with that of its workers, the largest RSS among them."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [parse_stat(Path(f"/proc/{each}/stat").read_text()) for each in [str(pid), *children]]
    return Usage(sum(one.cpu for one in found), max(one.rss_mb for one in found))


def parse_stat(text: str) -> Usage:
    """See proc_pid_stat(5); the second field is the program's name, with anything in it."""
    fields = text.rpartition(")")[2].split()  # the first of these is field 3
    ticks = int(fields[14 - 3]) + int(fields[15 - 3])
    pages = int(fields[24 - 3])
    cpu = ticks / os.sysconf("SC_CLK_TCK")
    return Usage(cpu, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


if __name__ == "__main__":
    sys.exit(main())
