"""One pod's sync: `jasm-init` beside Go, the floor and the naive program, in one run.

`python -m tests.bench.pod_sync [--quick] [--runs N] [--beside CHECKOUT] [--python FILE...]`

Each syncs a Secret of its own, on a real kube-apiserver and moto, one after the other in turn, so
that the machine's moods hit all: with the whole CPU, and within a cgroup of 100m (as root); while
its Secret is absent, and while it is up to date. Exit code 1: a bar of the project was missed.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from initsync.cli.progress import Progress
from initsync.words import keys
from tests.bench import cgroup, gobuild, image, part, pod_report
from tests.bench.part import Result
from tests.bench.pod_report import ABSENT, STATES, Cost, Row
from tests.bench.world import QUOTED, Program, World, annotation

LIMIT = 0.1  # CPUs: Kubernetes' 100m
RUNS = 15
QUICK = 3
NAIVE_SHARE = 5  # one run of the naive program for so many of the others: it takes 20 times as long


def main() -> int:
    """Measure, print, and judge."""
    parser = part.options(__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each, with the whole CPU")
    parser.add_argument("--beside", type=Path, help="another checkout, measured as `beside`")
    parser.add_argument(
        "--python", nargs="+", default=[], help="other interpreters, each measured by its name"
    )
    return part.run(result, parser.parse_args())


def result(chosen: argparse.Namespace) -> Result:
    """As the command line wants it."""
    runs, bars = (QUICK, pod_report.GUARD) if chosen.quick else (chosen.runs, pod_report.BARS)
    with World() as world:
        rows, left_out = measure(world, runs, chosen.beside, chosen.python)
    figures = pod_report.figures(rows, left_out)
    return Result(pod_report.table(rows, left_out), figures, pod_report.missed(rows, bars))


def measure(
    world: World, runs: int, beside: Path | None, pythons: Sequence[str]
) -> tuple[list[Row], str]:
    """A row for each program, state and limit; and what was left out, and why."""
    programs = prepared(world, beside, pythons)
    asked = {
        (program.name, state): _requests(world, program, state)  # a run that is not measured
        for program in programs
        for state in STATES
    }
    rows = list(_rows(world, programs, asked, runs))
    try:
        with cgroup.limited(LIMIT) as join:
            rows += _rows(world, programs, asked, max(1, runs // NAIVE_SHARE), join)
    except cgroup.Unavailable as error:
        return rows, f"not measured within {LIMIT:g} CPU: {error}"
    return rows, ""


def prepared(world: World, beside: Path | None, pythons: Sequence[str]) -> list[Program]:
    """All of them, jasm-init first."""
    commands = image.lay_out(world.directory / "image")
    go = gobuild.reference(os.environ, Progress(sys.stderr))
    others = {"beside": image.lay_out(world.directory / "other", beside)} if beside else {}
    for python in pythons:
        name = Path(python).name
        others[name] = image.lay_out(world.directory / name, python=python)
    own = {pod_report.JASM: commands, **others}
    quoted = {keys.ANNOTATION: annotation("quoted", QUOTED)}
    return [
        *(_injected(world, name, name, place) for name, place in own.items()),
        _injected(world, pod_report.QUOTED, "quoted", commands, **quoted),
        world.reference(pod_report.GO, [str(go)]),
        world.reference(pod_report.FLOOR, [str(commands / "floor")]),
        world.reference(pod_report.NAIVE, image.naive(world.directory / "bytecode")),
    ]


def _injected(world: World, shown: str, name: str, commands: Path, **annotations: str) -> Program:
    world.account(name)
    world.provide(name)
    return world.injected(name, commands, name, name, **annotations)._replace(name=shown)


def _requests(world: World, program: Program, state: str) -> int:
    """Counted by API server and moto."""
    if state == ABSENT:
        world.forget(program.secret)
    before = world.requests(program.user)
    program.run()
    return world.requests(program.user).since(before).number


def _rows(
    world: World,
    programs: Sequence[Program],
    asked: Mapping[tuple[str, str], int],
    runs: int,
    join: Path | None = None,
) -> Iterator[Row]:
    for state in STATES:
        taken: dict[str, list[Cost]] = {program.name: [] for program in programs}
        for number in range(runs):
            for program in programs:
                if program.name != pod_report.NAIVE or number % NAIVE_SHARE == 0:
                    taken[program.name].append(_cost(world, program, state, join))
        limit = LIMIT if join else None
        for name, costs in taken.items():
            yield pod_report.summary(name, state, limit, asked[name, state], costs)


def _cost(world: World, program: Program, state: str, join: Path | None) -> Cost:
    if state == ABSENT:
        world.forget(program.secret)
    ended = program.run(join)
    return Cost(ended.seconds * 1e3, ended.cpu_seconds * 1e3, ended.peak_rss / 1e6)


if __name__ == "__main__":
    sys.exit(main())
