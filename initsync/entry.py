"""What both ways in share, `jasm-init` and `initsync --pod`: one sync, reported on the pod.

What differs is only where cluster and cloud identity come from (design D2).
"""

import os
import time
from collections.abc import Mapping

from initsync import annotation, manifests, providers, settings
from initsync.cluster import Cluster
from initsync.errors import JasmError
from initsync.logs import Log
from initsync.manifests import EventSource
from initsync.model import Outcome, PodRef
from initsync.retry import Retry
from initsync.sync import sync

SYNCED = "SecretSynced"
"""The reason of the Normal Event; of a Warning it is the failure's own."""


def sync_pod(
    env: Mapping[str, str],
    pod: PodRef,
    text: str,
    cluster: Cluster,
    reporter: EventSource,
    log: Log,
    *,
    sdk: bool = False,
) -> Outcome | JasmError:
    """Do what the annotation `text` of `pod` asks, and tell the pod and the log how it ended.

    `sdk`: the cloud SDK's own sources of identity (profiles, SSO) may be asked too.
    """
    try:
        outcome = _synced(env, pod, text, cluster, log, sdk=sdk)
    except JasmError as error:
        _post(cluster, pod, reporter, error.reason, str(error), log, warning=True)
        log.error(str(error), reason=error.reason)
        return error
    _post(cluster, pod, reporter, SYNCED, outcome.sentence, log, warning=False)
    log.info(outcome.sentence, reason=SYNCED)
    return outcome


def _synced(
    env: Mapping[str, str], pod: PodRef, text: str, cluster: Cluster, log: Log, *, sdk: bool
) -> Outcome:
    chosen = settings.from_env(env)
    request = annotation.parse(text, pod, providers.names())
    provider = providers.load(request.provider)(env, time.time, sdk)
    deadline = time.monotonic() + chosen.timeout
    retry = Retry(time.monotonic, time.sleep, _uniform, deadline, log.warning)
    return sync(request, provider, cluster, retry, time.time, chosen)


def _post(
    cluster: Cluster,
    pod: PodRef,
    reporter: EventSource,
    reason: str,
    message: str,
    log: Log,
    *,
    warning: bool,
) -> None:
    """Post an Event: best effort, losing it never fails a sync (design D12)."""
    event = manifests.event(
        pod, reason, message, warning=warning, now=time.time(), reporter=reporter
    )
    try:
        cluster.create_event(event)
    except JasmError as error:
        log.warning(f"no Event on the pod: {error}")


def _uniform() -> float:
    """[0, 1), without the 3 ms of CPU that importing `random` costs each pod."""
    return int.from_bytes(os.urandom(4)) / 2**32
