"""`make bench`: everything in one run. `python -m tests.bench [--output json]`.

The parts are programs of their own, too: `pod_sync`, `growth`, `sidecar_cost`, `injector_load`.
"""

import argparse
import json
import subprocess
import sys

from tests.bench import growth, pod_report, pod_sync, sidecar_cost
from tests.bench.world import World


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", choices=["text", "json"], default="text")
    output = parser.parse_args().output
    with World() as world:
        rows, left_out = pod_sync.measure(world, pod_sync.RUNS)
        side = sidecar_cost.measure(world)
        many = growth.measure(world)
    command = [sys.executable, "-m", "tests.bench.injector_load", f"--output={output}"]
    if output == "text":
        print(pod_report.table(rows, left_out), growth.table(many), sep="\n\n", end="\n\n")
        print(sidecar_cost.table(side), end="\n\n", flush=True)
        injector = subprocess.run(command, check=False)
    else:
        injector = subprocess.run(command, check=False, stdout=subprocess.PIPE)
        found = {
            "pod": pod_report.figures(rows, left_out),
            "growth": growth.figures(many),
            "sidecar": side,
            "injector": json.loads(injector.stdout or "null"),
        }
        print(json.dumps(found))
    return 1 if pod_report.missed(rows) or growth.missed(many) or injector.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
