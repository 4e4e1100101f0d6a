"""`make test-node`: have all that a node needs, then run its tests in namespaces of their own.

`python -m tests.node [PYTEST_ARGUMENT...]`
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from initsync.cli.progress import Progress
from initsync.testing.controlplane import binaries
from initsync.testing.controlplane.progress import Failed
from initsync.testing.controlplane.toolchain import MissingToolchain
from tests.chart import helm
from tests.node import images, machine, programs, sandbox
from tests.node.plan import VARIABLE, Plan
from tests.openbao import program as openbao


def main(arguments: list[str]) -> int:
    """The exit code: pytest's, 0 where this machine can run no node, 2 where a part is missing."""
    if reason := machine.obstacle(os.environ):
        print(f"the tests on a real node are skipped: {reason}")
        return 0
    progress = Progress(sys.stderr)
    try:
        machine.install(os.environ, progress)
        control_plane = binaries.find_or_build(os.environ, progress)
        built = programs.find_or_build(os.environ, progress)
        for build in (helm.find_or_build, helm.build_4):  # within, nothing can be fetched
            build(os.environ, progress)
        if os.environ.get(openbao.SWITCH) != "skip":
            openbao.find_or_install(os.environ, progress)
        archives = images.Builder(os.environ, progress).archives()
    except (MissingToolchain, Failed, LookupError) as error:
        print(f"the tests on a real node cannot start: {error}", file=sys.stderr)
        return 2
    cgroup = f"jasm-node-{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="jasm-node-") as scratch:
        plan = Plan(control_plane, built, archives, Path(scratch), cgroup)
        # TMPDIR: so that whatever way it ends, no temporary file outlives the scratch folder.
        env = {**os.environ, VARIABLE: json.dumps(plan.as_json()), "TMPDIR": scratch}
        pytest = [sys.executable, "-m", "pytest"]
        # What builds images needs the package index, which is out of reach within.
        if not arguments and (code := subprocess.run([*pytest, "tests/image"], env=env).returncode):
            return code
        return sandbox.run([*pytest, *(arguments or ["tests/node"])], env, Path(scratch), cgroup)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
