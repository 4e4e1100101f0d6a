"""What `jasm-init` does: the sync of the pod that environment and files describe."""

import time
from collections.abc import Mapping
from typing import TextIO

from initsync.pod import once, podinfo
from initsync.sync import settings
from initsync.sync.log import Log, from_env
from initsync.sync.run import uniform
from initsync.words import keys
from initsync.words.errors import JasmError
from initsync.words.wording import bug

_MODES = ("init", keys.SIDECAR)
"""The modes of `jasm-init`; in mode `wait` a pod has none."""


def run(env: Mapping[str, str], stderr: TextIO) -> int:
    """Sync the pod that the environment describes, and give the exit code."""
    log = Log(stderr, time.time)
    try:
        log = from_env(env, stderr, time.time)
        return _sync_pod(env, log)
    except JasmError as error:
        synced = once.failed(env, error, _annotations(env), log)
        once.tell(env, synced, log)
        synced.close()
        return synced.exit_code
    except Exception as error:  # the last line must be a sentence, whatever happens
        log.error(bug(error))
        return 1


def _sync_pod(env: Mapping[str, str], log: Log) -> int:
    if settings.choice(env, "JASM_MODE", _MODES) == keys.SIDECAR:
        from initsync.pod.sidecar import loop  # most pods never pay for it

        clock = loop.Clock(time.time, time.monotonic, time.sleep, uniform)
        return loop.run(env, log, clock)
    annotations = podinfo.read_annotations(once.directory(env))
    if annotations.get(keys.ON_CHANGE):
        from initsync.annotation import onchange  # few pods ask for it, and where nobody refused it

        raise onchange.refused(onchange.NO_SIDECAR)
    synced = once.sync(env, annotations, log)
    once.hand_over(env, synced.outcomes)
    once.tell(env, synced, log)
    return synced.exit_code


def _annotations(env: Mapping[str, str]) -> Mapping[str, str]:
    """The pod's, which say whether it starts all the same; none where they cannot be read."""
    try:
        return podinfo.read_annotations(once.directory(env))
    except JasmError:
        return {}
