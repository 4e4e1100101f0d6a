"""What a sidecar costs while it runs: its memory, and the CPU of one cycle.

`python -m tests.bench.sidecar_cost [--cycles N] [--output json]`. The same loop without the wait
between two cycles, at two lengths whose difference is the cycles alone, beside an idle Python
process. An hour at the default interval is told from it, the looks at the annotations included.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from initsync import keys, policy, sidecar
from tests.bench import image
from tests.bench.world import Program, World

CYCLES = 300
_FEW = 20
_NAME = "sidecar"
# As the image starts it; after so many cycles, or looks at the annotations, it is over.
_BUSY = """#!{python} -IS
import os, sys, time
sys.path.insert(0, {app!r})
from initsync import entry, podinfo, podsync, sidecar
from initsync.logs import Log
clock = sidecar.Clock(time.time, time.monotonic, time.sleep, entry.uniform)
side = sidecar.Sidecar(os.environ, Log(sys.stderr, time.time), clock, 0.0)
assert side.start() == 0
for _ in range(int(os.environ["CYCLES"])):
    side.cycle()
for _ in range(int(os.environ["LOOKS"])):
    podinfo.version(podsync.directory(os.environ))
"""
_IDLE = "#!{python} -IS\n"
_LOOKS = 20_000


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    parser.add_argument("--output", choices=["text", "json"], default="text")
    chosen = parser.parse_args()
    with World() as world:
        found = measure(world, chosen.cycles)
    print(json.dumps(found) if chosen.output == "json" else table(found))
    return 0


def measure(world: World, cycles: int = CYCLES) -> dict[str, Any]:
    """The figures."""
    program = _prepared(world)
    few, many = (_run(program, CYCLES=str(number)) for number in (_FEW, _FEW + cycles))
    looked = _run(program, CYCLES=str(_FEW), LOOKS=str(_LOOKS))
    idle = program._replace(command=[str(_script(program.root, "idle", _IDLE))]).run()
    cycle = (many.cpu_seconds - few.cpu_seconds) / cycles
    look = max(0.0, looked.cpu_seconds - few.cpu_seconds) / _LOOKS
    interval = policy.Policy().refresh_interval
    return {
        "cycles": cycles,
        "cycle_ms": cycle * 1e3,
        "rss_mb": many.peak_rss / 1e6,
        "rss_few_mb": few.peak_rss / 1e6,
        "idle_rss_mb": idle.peak_rss / 1e6,
        "interval_s": interval,
        "hour_s": 3600 / interval * cycle + 3600 / sidecar.POLL * look,
    }


def _prepared(world: World) -> Program:
    commands = image.lay_out(world.directory / _NAME)
    world.account(_NAME)
    world.provide(_NAME)
    mode = {keys.MODE: keys.SIDECAR}
    found = world.injected(_NAME, commands, _NAME, _NAME, **mode)
    app = commands.parent / "opt/jasm"
    return found._replace(command=[str(_script(commands, "busy", _BUSY, str(app)))])


def _script(directory: Path, name: str, text: str, app: str = "") -> Path:
    file = directory / name
    file.write_text(text.format(python=sys.executable, app=app))
    file.chmod(0o755)
    return file


def _run(program: Program, **env: str) -> Any:
    return program._replace(env={**program.env, "LOOKS": "0", **env}).run()


def table(found: dict[str, Any]) -> str:
    """For people."""
    return (
        f"a sidecar over {found['cycles']} cycles: {found['cycle_ms']:.1f} ms of CPU a cycle, "
        f"RSS {found['rss_mb']:.1f} MB ({found['rss_few_mb']:.1f} MB after {_FEW}; an idle Python "
        f"{found['idle_rss_mb']:.1f} MB)\n"
        f"every {found['interval_s']:.0f} s: {found['hour_s']:.2f} s of CPU an hour"
    )


if __name__ == "__main__":
    sys.exit(main())
