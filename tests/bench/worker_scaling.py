"""Do more workers of the injector answer more? Each has a share of a core, as elsewhere a core.

`python -m tests.bench.worker_scaling [--quick] [--json FILE]`, Linux, as root. The share, by a
cgroup each, is so small that the load generator has what it needs of a small machine. Exit code 1:
N workers did not answer nearly N times as much as one.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from initsync.progress import Progress
from tests.bench import cgroup, generator, gobuild, part, reviews, webhooks
from tests.bench.generator import Load
from tests.bench.part import Result

WORKERS = (1, 2, 4)
SHARE = 0.15  # of a core
CONNECTIONS = 32
SECONDS = 10.0
QUICK = 1.0
BAR = 0.75  # of what as many workers would answer, were each as good as one that is alone


class Row(NamedTuple):
    """So many workers."""

    workers: int
    rate: float
    """Reviews a second."""
    errors: int


def main() -> int:
    """Measure, print, and judge."""
    chosen = part.options(__doc__).parse_args()
    return part.run_on_linux(result, chosen, "cgroups are Linux's")


def result(chosen: argparse.Namespace) -> Result:
    """As the command line wants it."""
    programs = gobuild.find_or_build(os.environ, Progress(sys.stderr))
    try:
        rows = [
            _row(programs.load, number, QUICK if chosen.quick else SECONDS) for number in WORKERS
        ]
    except cgroup.Unavailable as error:
        return Result(f"workers: not measured, {error}", {"rows": []}, [])
    figures = {"share": SHARE, "rows": [row._asdict() for row in rows]}
    return Result(table(rows), figures, missed(rows))


def _row(program: Path, number: int, seconds: float) -> Row:
    with tempfile.TemporaryDirectory(prefix="jasm-load-") as name, ExitStack() as running:
        directory = Path(name)
        groups = [
            running.enter_context(cgroup.limited(SHARE, name=str(it))) for it in range(number)
        ]
        server = running.enter_context(webhooks.injector(directory, number))
        sent = reviews.write(directory / "reviews", pods=2000, kinds=50)
        load = Load(program, sent, os.sched_getaffinity(0))
        load.piece(server, CONNECTIONS, 1.0)
        for worker, group in zip(
            generator.workers(server.pid) or [server.pid], groups, strict=True
        ):
            group.write_text(str(worker), encoding="ascii")
        piece = load.piece(server, CONNECTIONS, seconds)
        return Row(number, len(piece.took_us) / piece.seconds, piece.errors)


def missed(rows: Sequence[Row]) -> list[str]:
    """A sentence for each number of workers that is not worth it."""
    times = {row.workers: row.rate / rows[0].rate for row in rows}
    failed = [f"{row.workers} workers: {row.errors} errors" for row in rows if row.errors]
    return failed + [
        f"{number} workers: {found:.2f} times the rate of one (bar {BAR * number:g})"
        for number, found in times.items()
        if found < BAR * number
    ]


def table(rows: Sequence[Row]) -> str:
    """For people."""
    lines = [f"workers, {SHARE:g} of a core each  requests/s  × one"]
    lines += [
        f"{row.workers:7}  {'':20}  {row.rate:10.0f}  {row.rate / rows[0].rate:5.2f}"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
