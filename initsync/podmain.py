"""`jasm-init`: the init container's entry point, configured by environment and files only.

| variable | default | meaning |
|---|---|---|
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

import os
import resource
import signal
import sys
import time
from collections.abc import Mapping
from typing import NoReturn, TextIO

from initsync import clusterauth, entry, keys, logs, podinfo, wait
from initsync.cluster import Cluster
from initsync.errors import JasmError
from initsync.logs import Log
from initsync.manifests import EventSource
from initsync.model import Outcome
from initsync.wording import bug

_SOURCE = f"spec.initContainers{{{keys.CONTAINER}}}"


def main() -> NoReturn:
    """Run as the container's process."""
    _refuse_core_dumps()
    signal.signal(signal.SIGTERM, _terminated)  # PID 1 has no default action
    sys.exit(run(os.environ, sys.stderr))


def _refuse_core_dumps() -> None:
    """A core dump would hold the secret.

    1 and not 0: the kernel pipes a dump to a collector whatever the limit, unless it is 1
    (https://man7.org/linux/man-pages/man5/core.5.html). A hard limit of 0 cannot be raised.
    """
    limit = 0 if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def _terminated(*_: object) -> NoReturn:
    os.write(2, b"stopped by SIGTERM before the sync ended\n")
    sys.exit(128 + signal.SIGTERM)


def run(env: Mapping[str, str], stderr: TextIO) -> int:
    """One sync of the pod described by `env` and its files; the exit code."""
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
    directory = env.get("JASM_PODINFO_DIR", keys.PODINFO_DIR)
    annotations = podinfo.read_annotations(directory)
    if keys.ANNOTATION not in annotations:
        log.info(f"the pod has no annotation {keys.ANNOTATION}: nothing to do")
        _hand_over(env, None)
        return 0
    try:
        pod = podinfo.read_pod(directory)
        run = entry.start(env, log)
        cluster = _cluster(run, pod.namespace)
    except JasmError as error:  # no Event: pod or cluster are not known
        report = entry.failed(error, annotations)
        _hand_over(env, report.outcome)
        entry.write(report, log)
        return report.exit_code
    report = entry.sync_pod(run, pod, annotations, cluster)
    source = EventSource(keys.CONTAINER, env.get("JASM_NODE_NAME", ""), _SOURCE)
    _hand_over(env, report.outcome)
    entry.tell(report, pod, cluster, source, log)
    return report.exit_code


def _hand_over(env: Mapping[str, str], outcome: Outcome | None) -> None:
    if directory := env.get("JASM_HANDOVER_DIR"):
        wait.write_names(directory, outcome.keys if outcome else ())


def _cluster(run: entry.Run, namespace: str) -> Cluster:
    directory = run.env.get("JASM_SERVICEACCOUNT_DIR", keys.SERVICEACCOUNT_DIR)
    access = clusterauth.in_cluster(run.env, directory)
    return Cluster(access.connection(run.network), access.authorization, namespace)
