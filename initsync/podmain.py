"""`jasm-init`: the init container's entry point, configured by environment and files only.

| variable | default | meaning |
|---|---|---|
| JASM_TIMEOUT | 60 | seconds for the whole sync, retries included |
| JASM_SETTLE | 1 | seconds to wait after changing an existing Secret (design D5) |
| JASM_MANAGED_BY | caronte | value of the managed-by label (design D10) |
| JASM_LOG_FORMAT | text | `text` or `json` |
| JASM_NODE_NAME | | the Event's source host; from `spec.nodeName` |
| JASM_PODINFO_DIR, JASM_SERVICEACCOUNT_DIR | see `keys` | where the two volumes are mounted |
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Mapping
from typing import NoReturn, TextIO

from initsync import clusterauth, keys, podinfo
from initsync.cluster import Cluster
from initsync.entry import sync_pod
from initsync.errors import JasmError
from initsync.logs import Log
from initsync.manifests import EventSource
from initsync.transport import Connection

_SOURCE = f"spec.initContainers{{{keys.CONTAINER}}}"


def main() -> NoReturn:
    """Run as the container's process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the secret
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # PID 1 has no default
    sys.exit(run(os.environ, sys.stderr))


def run(env: Mapping[str, str], stderr: TextIO) -> int:
    """One sync of the pod described by `env` and its files; the exit code."""
    log = Log(stderr, env.get("JASM_LOG_FORMAT", "text"), time.time)
    try:
        return _sync_pod(env, log)
    except JasmError as error:
        log.error(str(error), reason=error.reason)
        return error.exit_code
    except Exception as error:  # its text may hold a secret value: say where, not what
        log.error(f"internal error ({_place(error)}): this is a bug in JASM, please report it")
        return 1


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace else None
    where = f" in {code.co_qualname}, line {trace.tb_lineno}" if trace and code else ""
    return f"{type(error).__name__}{where}"


def _sync_pod(env: Mapping[str, str], log: Log) -> int:
    directory = env.get("JASM_PODINFO_DIR", keys.PODINFO_DIR)
    text = podinfo.read_annotation(directory)
    if text is None:
        log.info(f"the pod has no annotation {keys.ANNOTATION}: nothing to do")
        return 0
    pod = podinfo.read_pod(directory)
    cluster = _cluster(env, pod.namespace)
    source = EventSource(keys.CONTAINER, env.get("JASM_NODE_NAME", ""), _SOURCE)
    result = sync_pod(env, pod, text, cluster, source, log)
    return result.exit_code if isinstance(result, JasmError) else 0


def _cluster(env: Mapping[str, str], namespace: str) -> Cluster:
    directory = env.get("JASM_SERVICEACCOUNT_DIR", keys.SERVICEACCOUNT_DIR)
    access = clusterauth.in_cluster(env, directory)
    return Cluster(Connection(access.url, access.tls), access.authorization, namespace)
