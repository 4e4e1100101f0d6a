"""`jasm-init`: the init container's entry point, configured by environment and files only.

| variable | default | meaning |
|---|---|---|
| JASM_MODE | init | `sidecar`: go on syncing while the pod runs, see `sidecar` |
| JASM_TIMEOUT | 60 | seconds for the whole sync, retries included |
| JASM_SETTLE | 1 | seconds to wait after changing an existing Secret (design D5) |
| JASM_MANAGED_BY | caronte | value of the managed-by label (design D10) |
| JASM_RESTART_POLICY | Always | the pod's; under `Never` refusals are retried too (design D7) |
| JASM_LOG_FORMAT | text | `text` or `json` |
| JASM_LOG_LEVEL | info | `debug` adds a line for each request, without headers and bodies |
| JASM_NODE_NAME | | the Event's source host; from `spec.nodeName` |
| JASM_HANDOVER_DIR | | where to leave the keys' names for `jasm-wait` (design D25) |
| JASM_PODINFO_DIR, JASM_SERVICEACCOUNT_DIR | see `keys` | where the two volumes are mounted |
"""

import _thread
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping
from typing import NoReturn, TextIO

from initsync import entry, keys, logs, podinfo, podsync, policy, settings
from initsync.errors import JasmError
from initsync.logs import Log
from initsync.wording import bug

_SIDECAR = "sidecar"
_STOPPED = (b"stopped by SIGTERM before the sync ended\n", 128 + signal.SIGTERM)
_ENDED = (b"ended by SIGTERM\n", 0)
"""A sidecar's normal end."""


def main() -> NoReturn:
    """Run as the container's process."""
    _refuse_core_dumps()
    end_by_thread(*(_ENDED if os.environ.get("JASM_MODE") == _SIDECAR else _STOPPED))
    sys.exit(run(os.environ, sys.stderr))


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


def run(env: Mapping[str, str], stderr: TextIO) -> int:
    """The sync of the pod described by `env` and its files; the exit code."""
    log = Log(stderr, time.time)
    try:
        log = logs.from_env(env, stderr, time.time)
        return _sync_pod(env, log)
    except JasmError as error:
        log.error(str(error), reason=error.reason)
        return error.exit_code
    except Exception as error:  # the last line must be a sentence, whatever happens
        log.error(bug(error))
        return 1


def _sync_pod(env: Mapping[str, str], log: Log) -> int:
    if settings.choice(env, "JASM_MODE", policy.MODES) == _SIDECAR:
        from initsync import sidecar  # most pods never pay for it

        clock = sidecar.Clock(time.time, time.monotonic, time.sleep, entry.uniform)
        return sidecar.run(env, log, clock)
    annotations = podinfo.read_annotations(podsync.directory(env))
    if keys.ANNOTATION not in annotations:
        log.info(podsync.NOTHING_TO_DO)
        podsync.hand_over(env, None)
        return 0
    synced = podsync.sync(env, annotations, log)
    podsync.hand_over(env, synced.report.outcome)
    podsync.tell(env, synced, log)
    return synced.report.exit_code
