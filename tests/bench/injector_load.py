"""The real injector under load, beside a webhook in Go that gives the same answer in small.

`python -m tests.bench.injector_load [--seconds S] [--minute] [--output json]`, Linux only: CPU and
RSS come from /proc. The servers are loaded in pieces, one after the other in turn, so that the
machine's moods hit both. Exit code 1: there was an error, or the injector's RSS grew too much.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from initsync.testing.controlplane.progress import Progress
from initsync.testing.controlplane.toolchain import MissingToolchain
from initsync.testing.pki import Authority
from initsync.testing.process import Process
from initsync.testing.webhook import Webhook
from tests.bench import gobuild, load_report
from tests.bench.load_report import Piece, Row

CONNECTIONS = (1, 4, 32)
PIECES = 5
START_TIMEOUT = 10.0
REVIEW = gobuild.SOURCES / "review.json"
"""The golden pod `aws-webhook-ran-before-irsa` as kube-apiserver 1.37 asked about it."""


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
    """Puts one review on a server."""

    program: Path
    review: Path

    def piece(self, server: Server, connections: int, seconds: float) -> Piece:
        """One stretch, with the server's own CPU beside it."""
        before = usage(server.pid)
        options = [f"-url={server.url}", f"-ca={server.ca}", f"-review={self.review}"]
        command = [
            str(self.program),
            *options,
            f"-connections={connections}",
            f"-seconds={seconds}",
        ]
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
        (60.0, CONNECTIONS[-1:]) if chosen.minute else (chosen.seconds, CONNECTIONS)
    )
    rows = measure(programs, connections, seconds)
    missed = load_report.missed(rows)
    if chosen.output == "json":
        ratios = [ratio._asdict() for ratio in load_report.ratios(rows)]
        figures = [row._asdict() for row in rows]
        print(json.dumps({"seconds": seconds, "rows": figures, "ratios": ratios, "missed": missed}))
    else:
        print(f"a review of one pod over TLS, kept alive, {seconds:g} s each in {PIECES} pieces")
        print(load_report.table(rows))
    return 1 if missed else 0


def options() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="on each server, each time")
    parser.add_argument("--minute", action="store_true", help="60 s, at the most connections only")
    parser.add_argument("--output", choices=["text", "json"], default="text")
    return parser.parse_args()


def measure(programs: gobuild.Programs, connections: Sequence[int], seconds: float) -> list[Row]:
    """Every number of connections, after a piece on each server that is not counted."""
    with tempfile.TemporaryDirectory(prefix="jasm-load-") as name:
        directory = Path(name)
        load = Load(programs.load, _compact(REVIEW, directory / "review.json"))
        with injector(directory) as python, go_webhook(programs.webhook, directory) as go:
            servers = (python, go)
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
        growth = usage(server.pid).rss_mb - before[server]
        yield load_report.summary(server.name, connections, taken, growth)


@contextmanager
def injector(directory: Path) -> Iterator[Server]:
    """As a cluster runs it."""
    with Webhook() as webhook:
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
    """From /proc."""
    return parse_stat(Path(f"/proc/{pid}/stat").read_text())


def parse_stat(text: str) -> Usage:
    """See proc_pid_stat(5); the second field is the program's name, with anything in it."""
    fields = text.rpartition(")")[2].split()  # the first of these is field 3
    ticks = int(fields[14 - 3]) + int(fields[15 - 3])
    pages = int(fields[24 - 3])
    cpu = ticks / os.sysconf("SC_CLK_TCK")
    return Usage(cpu, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def _compact(source: Path, target: Path) -> Path:
    """As API servers write JSON."""
    review = json.loads(source.read_text(encoding="utf-8"))
    target.write_text(json.dumps(review, separators=(",", ":")), encoding="utf-8")
    return target


if __name__ == "__main__":
    sys.exit(main())
