"""`make bench`: everything in one run. `python -m tests.bench [--quick] [--json FILE]`.

The parts are programs of their own, with more options: `pod_sync`, `several`, `vault_sync`,
`growth`, `sidecar_cost`, `injector_load` and `creations`. With `--quick` they are short, and judged
by what no change may lose on a busy machine. Exit code 1: a bar was missed; 2: something could not
be built.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from initsync.cli.progress import Progress
from initsync.testing.controlplane.binaries import VERSION
from tests.bench import part

PARTS = {
    "pod": "pod_sync",
    "several": "several",
    "vault": "vault_sync",
    "growth": "growth",
    "sidecar": "sidecar_cost",
    "injector": "injector_load",
    "creations": "creations",
}
"""Each is a process of its own, so that none measures what another left behind."""


def main() -> int:
    """Measure, print, and judge."""
    chosen = part.options(__doc__).parse_args()
    print(machine(), flush=True)
    found: dict[str, Any] = {"machine": machine()}
    codes = []
    for name, program in PARTS.items():
        print(flush=True)
        code, found[name] = _run(program, quick=chosen.quick)
        codes.append(code)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return max(codes)


def machine() -> str:
    """What the figures are true of."""
    cpus = os.cpu_count()
    return f"{cpus} CPUs, Python {platform.python_version()}, Kubernetes {VERSION}"


def _run(program: str, *, quick: bool) -> tuple[int, Any]:
    """Its exit code, and its figures; it prints its table itself."""
    with tempfile.TemporaryDirectory(prefix="jasm-bench-") as name:
        file = Path(name) / "figures.json"
        command = [sys.executable, "-m", f"tests.bench.{program}", f"--json={file}"]
        with Progress(sys.stderr).step(f"measure {program}"):
            done = subprocess.run([*command, *(["--quick"] if quick else [])], check=False)
        return done.returncode, json.loads(file.read_text()) if file.exists() else None


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
