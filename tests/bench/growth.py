"""Does one pod's sync cost more where there are many? 1, 10, 100, 1,000 pods, 50 at a time.

`python -m tests.bench.growth [--quick] [--json FILE]`, `--quick`: 10 at most. The pods share one
Secret or have one each, all absent at the start; and share one that is up to date, as in a rollout.
Each is a real `jasm-init` process: 50 of them fit a small machine. Those of one Secret run as the
same prepared container; laying out files is not measured. Exit code 1: a pod's share grew.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from initsync.words.rules import user_name
from tests.bench import image, part
from tests.bench.part import Result
from tests.bench.world import NAMESPACE, Program, World

AT_ONCE = 50
QUICK = (1, 10)
SIZES = (1, 10, 100, 1000)
ONE, MANY, CURRENT = "one Secret", "a Secret each", "one, up to date"
BARS = {ONE: 1.5, MANY: 1.0, CURRENT: 1.0}
"""Times the requests of a pod that is alone. Pods that race to make one Secret lose, and ask again:
the fewer of 50 at a time there are, the larger is the share of those."""
_ACCOUNT = "growth"


class Row(NamedTuple):
    """So many pods."""

    shape: str
    pods: int
    seconds: float
    api: float
    """Requests to the API server, a pod; what had to be asked again included."""
    aws: float
    writes: int
    """All that were tried."""
    lost: int
    """Writes that came too late (409) and were asked again from the start."""
    cpu_ms: float
    """A pod."""


def main() -> int:
    """Measure, print, and judge."""
    return part.run(result, part.options(__doc__).parse_args())


def result(chosen: argparse.Namespace) -> Result:
    """As the command line wants it."""
    with World() as world:
        rows = measure(world, QUICK if chosen.quick else SIZES)
    return Result(table(rows), {"rows": [row._asdict() for row in rows]}, missed(rows))


def measure(world: World, sizes: Sequence[int]) -> list[Row]:
    """A row for each shape and size."""
    commands = image.lay_out(world.directory / "growth")
    world.account(_ACCOUNT)
    rows = []
    for pods in sizes:
        names = [f"one-{pods}", *(f"each-{pods}-{number}" for number in range(pods))]
        for name in names:
            world.provide(name)
        programs = [world.injected(name, commands, _ACCOUNT, name) for name in names]
        rows.append(_row(world, ONE, programs[:1] * pods))
        rows.append(_row(world, CURRENT, programs[:1] * pods))
        rows.append(_row(world, MANY, programs[1:]))
    return rows


def _row(world: World, shape: str, programs: Sequence[Program]) -> Row:
    user, number = user_name(NAMESPACE, _ACCOUNT), len(programs)
    before, start = world.requests(user), time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(_run, programs, range(number)))
    seconds, asked = time.monotonic() - start, world.requests(user).since(before)
    writes = asked.api["patch", "secrets"]
    stored = 0 if shape == CURRENT else len({program.secret for program in programs})
    cpu = sum(ended) * 1e3 / number
    return Row(
        shape,
        number,
        seconds,
        asked.api.total() / number,
        asked.aws.total() / number,
        writes,
        writes - stored,
        cpu,
    )


def _run(program: Program, number: int) -> float:
    """CPU seconds, in a working directory of its own: each keeps its output there."""
    root = program.root / f"run-{number}"
    root.mkdir(exist_ok=True)
    return program._replace(root=root).run().cpu_seconds


def missed(rows: Sequence[Row]) -> list[str]:
    """A sentence for each share that grew."""
    alone = {row.shape: row.api + row.aws for row in rows if row.pods == 1}
    return [
        f"{row.shape}, {row.pods} pods: {row.api + row.aws:.1f} requests a pod, "
        f"{alone[row.shape]:.1f} where it is alone (bar {BARS[row.shape]:g} times)"
        for row in rows
        if row.api + row.aws > BARS[row.shape] * alone[row.shape]
    ]


def table(rows: Sequence[Row]) -> str:
    """For people."""
    lines = ["many pods, 50 at once    pods  seconds  API a pod  AWS a pod  writes  lost  CPU ms"]
    lines += [
        f"{row.shape:23} {row.pods:5}  {row.seconds:7.2f}  {row.api:9.2f}  {row.aws:9.2f}"
        f"  {row.writes:6}  {row.lost:4}  {row.cpu_ms:6.1f}"
        for row in sorted(rows, key=lambda row: row.shape, reverse=True)
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
