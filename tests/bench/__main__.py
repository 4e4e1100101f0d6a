"""`make bench`: everything in one run. `python -m tests.bench [--long] [--output json]`.

The parts are programs of their own, too: `pod_sync`, `growth`, `sidecar_cost`, `injector_load` and
`creations`. Exit code 1: a bar was missed.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from typing import Any

from initsync.testing.controlplane.binaries import VERSION
from tests.bench import growth, pod_report, pod_sync, sidecar_cost
from tests.bench.world import World

PROGRAMS = {"injector": "injector_load", "creations": "creations"}
"""Run as such: they want the machine to themselves."""


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="1,000 pods, too")
    parser.add_argument("--output", choices=["text", "json"], default="text")
    chosen = parser.parse_args()
    as_json = chosen.output == "json"
    with World() as world:
        rows, left_out = pod_sync.measure(world, pod_sync.RUNS)
        side = sidecar_cost.measure(world)
        many = growth.measure(world, growth.LONG if chosen.long else growth.SIZES)
    if not as_json:
        print(machine(), pod_report.table(rows, left_out), growth.table(many), sep="\n\n")
        print(f"\n{sidecar_cost.table(side)}\n", flush=True)
    found = {
        "machine": machine(),
        "pod": pod_report.figures(rows, left_out),
        "growth": growth.figures(many),
        "sidecar": side,
    }
    codes = []
    for part, program in PROGRAMS.items():
        code, figures = _run(program, as_json=as_json)
        found[part] = figures
        codes.append(code)
    if as_json:
        print(json.dumps(found, indent=1))
    return 1 if pod_report.missed(rows) or growth.missed(many) or any(codes) else 0


def machine() -> str:
    """What the figures are true of."""
    cpus = os.cpu_count()
    return f"{cpus} CPUs, Python {platform.python_version()}, Kubernetes {VERSION}"


def _run(program: str, *, as_json: bool) -> tuple[int, Any]:
    """Its exit code, and its figures where they are asked for; else it prints them itself."""
    output = "json" if as_json else "text"
    command = [sys.executable, "-m", f"tests.bench.{program}", f"--output={output}"]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE if as_json else None)
    return done.returncode, json.loads(done.stdout or "null") if as_json else None


if __name__ == "__main__":
    sys.exit(main())
