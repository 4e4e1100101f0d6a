"""What `jasm-init` does: the sync of the pod that environment and files describe."""

import time
from collections.abc import Mapping
from typing import TextIO

from initsync import entry, keys, logs, podinfo, podsync, policy, settings
from initsync.errors import JasmError
from initsync.logs import Log
from initsync.wording import bug


def run(env: Mapping[str, str], stderr: TextIO) -> int:
    """The exit code."""
    log = Log(stderr, time.time)
    try:
        log = logs.from_env(env, stderr, time.time)
        return _sync_pod(env, log)
    except JasmError as error:
        synced = podsync.failed(env, error, _annotations(env), log)
        podsync.tell(env, synced, log)
        return synced.report.exit_code
    except Exception as error:  # the last line must be a sentence, whatever happens
        log.error(bug(error))
        return 1


def _sync_pod(env: Mapping[str, str], log: Log) -> int:
    if settings.choice(env, "JASM_MODE", policy.MODES) == keys.SIDECAR:
        from initsync import sidecar  # most pods never pay for it

        clock = sidecar.Clock(time.time, time.monotonic, time.sleep, entry.uniform)
        return sidecar.run(env, log, clock)
    annotations = podinfo.read_annotations(podsync.directory(env))
    synced = podsync.sync(env, annotations, log)
    podsync.hand_over(env, synced.report.outcome)
    podsync.tell(env, synced, log)
    return synced.report.exit_code


def _annotations(env: Mapping[str, str]) -> Mapping[str, str]:
    """The pod's, which say whether it starts all the same; none where they cannot be read."""
    try:
        return podinfo.read_annotations(podsync.directory(env))
    except JasmError:
        return {}
