"""`jasm-init`: the init container's entry point, configured by environment and files only.

The variables are in `help`. The process only: what it does is in `job`, imported when SIGTERM
is provided for. Within 100m of CPU the imports take half a second, and PID 1 ignores a signal that
it has no handler for.
"""

import _thread
import gc
import os
import resource
import signal
import sys
from collections.abc import Mapping
from typing import NoReturn, TextIO

from initsync.words.keys import SIDECAR

_STOPPED = (b"stopped by SIGTERM before the sync ended\n", 128 + signal.SIGTERM)
_ENDED = (b"ended by SIGTERM\n", 0)
"""What a sidecar says and returns at its normal end."""


def main() -> NoReturn:
    """Run as the container's process."""
    if len(sys.argv) > 1:
        from initsync.pod.help import answer  # no pod pays for what a person asks

        answer("jasm-init", sys.argv[1:])
    _refuse_core_dumps()
    if os.environ.get("JASM_MODE") == SIDECAR:
        end_by_thread(*_ENDED)
    else:
        end_by_thread(*_STOPPED)
        gc.disable()  # a run this short leaves nothing worth looking for: 5 % of its CPU
    code = run(os.environ, sys.stderr)
    sys.stderr.flush()
    os._exit(code)  # nothing else is open, and taking the interpreter apart costs 15 % of the CPU


def run(env: Mapping[str, str], stderr: TextIO) -> int:
    """See `job`."""
    from initsync.pod import job

    return job.run(env, stderr)


def _refuse_core_dumps() -> None:
    """A core dump would hold the secret.

    1 and not 0: the kernel pipes a dump to a collector whatever the limit, unless it is 1
    (https://man7.org/linux/man-pages/man5/core.5.html). A hard limit of 0 cannot be raised.
    """
    limit = 0 if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def end_by_thread(line: bytes, code: int) -> None:
    """Have SIGTERM, for which PID 1 has no default action, end the process: `line`, `code`.

    A handler runs between two steps of the main thread only: where the signal comes just before
    a system call waits, only after that, so after up to 10 s (seen in 1 of 20 requests).
    """

    def end() -> NoReturn:
        signal.sigwait({signal.SIGTERM})
        os.write(2, line)
        os._exit(code)

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # every later thread's, too
    _thread.start_new_thread(end, ())
