"""The load generator, and what it takes to tell a server's cost from its own. Linux only."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.bench.load_report import Piece


class Server(NamedTuple):
    """One that listens."""

    name: str
    url: str
    ca: Path
    pid: int
    """Of its process."""


class Usage(NamedTuple):
    """Of a process so far."""

    cpu: float
    """Seconds."""
    rss_mb: float


class Load(NamedTuple):
    """Puts requests on a server: the lines of `bodies`, again and again."""

    program: Path
    bodies: Path
    cores: set[int]
    """The generator's."""
    more: tuple[str, ...] = ()
    """Options of the generator."""

    def piece(self, server: Server, connections: int, seconds: float) -> Piece:
        """One stretch, with the server's own CPU beside it."""
        before = usage(server.pid)
        command = [
            str(self.program),
            f"-url={server.url}",
            f"-ca={server.ca}",
            f"-bodies={self.bodies}",
            f"-connections={connections}",
            f"-seconds={seconds}",
            *self.more,
        ]
        with pinned(self.cores):
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        cpu = usage(server.pid).cpu - before.cpu
        return Piece(**json.loads(done.stdout), server_cpu=cpu)


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
