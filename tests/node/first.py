"""The first process within the namespaces: starts the tests, and buries whoever dies there.

`python -m tests.node.first SCRATCH COMMAND...`
"""

import os
import signal
import sys
from pathlib import Path

from tests.node.sandbox import make_private


def main(scratch: Path, command: list[str]) -> int:
    """The exit code of `command`."""
    make_private(scratch)
    child = os.posix_spawnp(command[0], command, os.environ)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the command too
    while True:
        ended, status = os.wait()  # a container's orphans too
        if ended == child:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
