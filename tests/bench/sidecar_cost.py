"""What a sidecar costs while it runs: its memory, and its CPU an hour at the default interval.

`python -m tests.bench.sidecar_cost [--quick] [--json FILE]`. Its own loop, one cycle and one look
at the annotations after another, with real pauses before each: what rests is dearer to wake up
than what runs without a pause (a look 70 times). Its memory is told after many cycles without.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

from initsync.words import keys
from initsync.words.model import SyncPolicy
from tests.bench import image, part
from tests.bench.part import Result
from tests.bench.world import Program, World

CYCLES = 300  # for the memory
GROWTH_BAR = 2.0  # MB in them
_NAME = "sidecar"
# As the image starts it. It prints its CPU seconds in `cycles` after a pause each, and in a wait
# that has nothing else to do than to look at the annotations; then `warm` more cycles follow.
_LOOP = """#!{python} -IS
import os, sys, time
sys.path.insert(0, {app!r})
from initsync.pod.sidecar import loop
from initsync.sync.log import Log
names = ("CYCLES", "PAUSE", "WAIT", "WARM")
cycles, pause, wait, warm = (float(os.environ[name]) for name in names)
clock = loop.Clock(time.time, time.monotonic, time.sleep, lambda: 0.5)
side = loop.Sidecar(os.environ, Log(sys.stderr, time.time), clock, wait)
assert side.start() == 0
spent = 0.0
for _ in range(int(cycles)):
    time.sleep(pause)
    before = time.process_time()
    side.cycle()
    spent += time.process_time() - before
before = time.process_time()
side.wait()
print(spent, time.process_time() - before)
for _ in range(int(warm)):
    side.cycle()
"""
_IDLE = "#!{python} -IS\n"


class Length(NamedTuple):
    """Of the measurement."""

    cycles: int
    pause: float
    """Seconds before each."""
    wait: float
    """Seconds of looking at the annotations."""


WHOLE = Length(20, 2.0, 60.0)
QUICK = Length(2, 0.2, 2.0)


def main() -> int:
    """Measure and print."""
    return part.run(result, part.options(__doc__).parse_args())


def result(chosen: argparse.Namespace) -> Result:
    """As the command line wants it."""
    with World() as world:
        found = measure(world, QUICK if chosen.quick else WHOLE)
    return Result(table(found), found, missed(found))


def measure(world: World, length: Length) -> dict[str, Any]:
    """The figures."""
    program = _prepared(world)
    few = _run(program, length, 0)
    many = _run(program, QUICK, CYCLES)
    idle = program._replace(command=[str(_script(program.root, "idle", _IDLE))]).run()
    cycles, looks = (float(figure) for figure in few.stdout.split())
    interval = SyncPolicy().refresh_interval
    return {
        "cycles": CYCLES,
        "cycle_ms": cycles / length.cycles * 1e3,
        "looks_hour_s": looks / length.wait * 3600,
        "rss_mb": many.peak_rss / 1e6,
        "rss_few_mb": few.peak_rss / 1e6,
        "idle_rss_mb": idle.peak_rss / 1e6,
        "interval_s": interval,
        "hour_s": 3600 / interval * cycles / length.cycles + looks / length.wait * 3600,
    }


def _prepared(world: World) -> Program:
    commands = image.lay_out(world.directory / _NAME)
    world.account(_NAME)
    world.provide(_NAME)
    found = world.injected(_NAME, commands, _NAME, _NAME, **{keys.MODE: keys.SIDECAR})
    app = commands.parent / "opt/jasm"
    return found._replace(command=[str(_script(commands, "loop", _LOOP, str(app)))])


def _script(directory: Path, name: str, text: str, app: str = "") -> Path:
    file = directory / name
    file.write_text(text.format(python=sys.executable, app=app))
    file.chmod(0o755)
    return file


def _run(program: Program, length: Length, warm: int) -> Any:
    env = {name.upper(): str(figure) for name, figure in length._asdict().items()}
    return program._replace(env={**program.env, **env, "WARM": str(warm)}).run()


def missed(found: dict[str, Any]) -> list[str]:
    """A sentence where its memory grows."""
    growth = found["rss_mb"] - found["rss_few_mb"]
    if growth <= GROWTH_BAR:
        return []
    return [f"a sidecar: RSS grew {growth:.1f} MB in {CYCLES} cycles (bar {GROWTH_BAR:g} MB)"]


def table(found: dict[str, Any]) -> str:
    """For people."""
    return (
        f"a sidecar: {found['cycle_ms']:.1f} ms of CPU a cycle; RSS {found['rss_mb']:.1f} MB after "
        f"{found['cycles']} cycles ({found['rss_few_mb']:.1f} MB after a few; an idle Python "
        f"{found['idle_rss_mb']:.1f} MB)\n"
        f"every {found['interval_s']:.0f} s: {found['hour_s']:.2f} s of CPU an hour, "
        f"{found['looks_hour_s']:.2f} s of it for looking at the annotations"
    )


if __name__ == "__main__":
    sys.exit(main())
