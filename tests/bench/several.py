"""One pod with many Secrets beside one with one: `python -m tests.bench.several [--quick]`.

Each is up to date, on a real kube-apiserver and moto; the programs run one after the other in turn,
so that the machine's moods hit all. Once more with 20 ms put before both servers: what is asked
side by side shows there. Exit code 1: a bar of the project was missed.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from initsync.words import keys
from tests.bench import image, part
from tests.bench.part import Result
from tests.bench.relay import Relay
from tests.bench.world import Program, World, annotation

NUMBERS = (1, 3, 10, 50)
RUNS = 15
QUICK = 3
DELAY = 0.02
"""Seconds that each round trip takes more."""
JUDGED = 10
CPU_BAR, WALL_BAR = 2.0, 2.0
"""Of ten Secrets, times the CPU of one, and times its wall time with the delay."""
GUARD = 3.0
"""The same for few runs on a busy machine: what no change may lose."""


class Row(NamedTuple):
    """Medians of one program's runs."""

    number: int
    requests: int
    cpu_ms: float
    wall_ms: float
    delayed_ms: float
    rss_mb: float


def main() -> int:
    """Measure, print, and judge."""
    return part.run(result, part.options(__doc__).parse_args())


def result(chosen: argparse.Namespace) -> Result:
    """As the command line wants it."""
    with World() as world:
        rows = list(_rows(world, QUICK if chosen.quick else RUNS))
    bars = (GUARD, GUARD) if chosen.quick else (CPU_BAR, WALL_BAR)
    return Result(table(rows), {"rows": [row._asdict() for row in rows]}, missed(rows, *bars))


def _rows(world: World, runs: int) -> Iterator[Row]:
    commands = image.lay_out(world.directory / "image")
    programs = {number: _program(world, commands, number) for number in NUMBERS}
    with ExitStack() as stack:
        before = [stack.enter_context(Relay(url, DELAY)) for url in (world.api.url, world.aws.url)]
        asked = {number: _requests(world, program) for number, program in programs.items()}
        plain: dict[int, list[tuple[float, float, float]]] = {number: [] for number in NUMBERS}
        delayed: dict[int, list[float]] = {number: [] for number in NUMBERS}
        for _ in range(runs):
            for number, program in programs.items():
                ended = program.run()
                cost = (ended.cpu_seconds * 1e3, ended.seconds * 1e3, ended.peak_rss / 1e6)
                plain[number].append(cost)
                delayed[number].append(_through(program, *before).run().seconds * 1e3)
    for number in NUMBERS:
        cpu, wall, rss = (statistics.median(it) for it in zip(*plain[number], strict=True))
        yield Row(number, asked[number], cpu, wall, statistics.median(delayed[number]), rss)


def _program(world: World, commands: Path, number: int) -> Program:
    name = f"several-{number}"
    secrets = [f"{name}-{it}" for it in range(number)]
    world.account(name)
    for secret in secrets:
        world.provide(secret)
    said = {} if number == 1 else {keys.ANNOTATION: _listed(secrets)}
    return world.injected(name, commands, name, secrets[0], **said)


def _listed(secrets: Sequence[str]) -> str:
    entries = (annotation(secret).replace("\n", "\n    ").rstrip() for secret in secrets)
    return "secrets:\n" + "".join(f"  - {entry}\n" for entry in entries)


def _requests(world: World, program: Program) -> int:
    """Of a run that finds all up to date, counted by API server and moto; the first run writes."""
    program.run()
    before = world.requests(program.user)
    program.run()
    return world.requests(program.user).since(before).number


def _through(program: Program, api: Relay, aws: Relay) -> Program:
    by_relay = {
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(api.port),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.port}",
    }
    return program._replace(env=program.env | by_relay)


def missed(rows: Sequence[Row], cpu_bar: float, wall_bar: float) -> list[str]:
    """A sentence for each bar that was missed."""
    one, many = (next(row for row in rows if row.number == number) for number in (1, JUDGED))
    found = []
    if (cpu := many.cpu_ms / one.cpu_ms) > cpu_bar:
        found.append(f"{JUDGED} Secrets: {cpu:.2f} times the CPU of one (bar {cpu_bar:g})")
    if (wall := many.delayed_ms / one.delayed_ms) > wall_bar:
        found.append(f"{JUDGED} Secrets, delayed: {wall:.2f} times one (bar {wall_bar:g})")
    if (requests := many.requests - one.requests) > (bar := 2 * (JUDGED - 1)):
        found.append(f"{JUDGED} Secrets: {requests} requests more than one (bar {bar})")
    return found


def table(rows: Sequence[Row]) -> str:
    """For people: what each number costs, and times the cost of one Secret."""
    first = rows[0]
    lines = [
        "Secrets of a pod, up to date  requests  CPU ms      ×  wall ms  +20 ms      ×  RSS MB"
    ]
    for row in rows:
        cpu, wall = row.cpu_ms / first.cpu_ms, row.delayed_ms / first.delayed_ms
        lines.append(
            f"{row.number:28}  {row.requests:8}  {row.cpu_ms:6.1f}  {cpu:5.2f}  {row.wall_ms:7.0f}"
            f"  {row.delayed_ms:6.0f}  {wall:5.2f}  {row.rss_mb:6.1f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
