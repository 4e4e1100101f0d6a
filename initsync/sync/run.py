"""What both ways in share, `jasm-init` and `initsync --pod`: one sync, reported on the pod.

What differs is only where cluster and cloud identity come from (D2).
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from initsync import providers
from initsync.annotation import policy
from initsync.annotation.request import parse
from initsync.kube.cluster import Cluster
from initsync.network.transport import Network
from initsync.sync import settings
from initsync.sync.event import EventSource, event
from initsync.sync.log import Log
from initsync.sync.retry import Retry
from initsync.sync.settings import Settings
from initsync.sync.upsert import Secrets, sync
from initsync.words import keys
from initsync.words.errors import (
    AccessDenied,
    ClusterUnavailable,
    JasmError,
    NoIdentityYet,
    SecretNotFound,
)
from initsync.words.model import Outcome, PodRef
from initsync.words.wording import bug

REASONS = {"stale": "StaleSecret"}
"""The Event's reason by outcome, where it is not the usual one; of a failure it is its own."""
SYNCED = "SecretSynced"


class Run(NamedTuple):
    """What every step of one run shares."""

    env: Mapping[str, str]
    settings: Settings
    network: Network
    retry: Retry
    log: Log


class Report(NamedTuple):
    """How a run ended, for the Event, the log and the exit code."""

    reason: str
    sentence: str
    exit_code: int = 0
    warning: bool = False
    outcome: Outcome | None = None
    since: float | None = None
    """When it was first so, in epoch seconds; None: just now."""
    times: int = 1
    """How often it was so."""


def start(
    env: Mapping[str, str], log: Log, timeout: float | None = None, *, quiet: bool = False
) -> Run:
    """A run whose clock ticks from now. `timeout` (seconds) goes before JASM_TIMEOUT.

    `quiet`: another try is no warning, but a line for who looks for a fault. Raises InvalidSetup.
    """
    chosen = settings.from_env(env)
    end = time.monotonic() + (chosen.timeout if timeout is None else timeout)
    network = Network(env, lambda: end - time.monotonic(), log.debug)
    eventual = (SecretNotFound, AccessDenied, NoIdentityYet)
    patient = eventual if chosen.restart_policy == "Never" else ()
    notice = log.debug if quiet else log.warning
    retry = Retry(time.monotonic, time.sleep, uniform, end, notice, patient)
    return Run(env, chosen, network, retry, log)


def sync_pod(
    run: Run,
    pod: PodRef,
    annotations: Mapping[str, str],
    cluster: Secrets,
    *,
    sdk: bool = False,
) -> Report:
    """Do what the annotations of `pod` ask; every failure of the table becomes its report.

    `sdk`: the cloud SDK's own sources of identity (profiles, SSO) may be asked too.
    """
    try:
        outcome = _synced(run, pod, annotations, cluster, sdk=sdk)
    except Exception as error:  # a bug is reported like a failure, by its place only
        return failed(error, annotations)
    reason = REASONS.get(outcome.action, SYNCED)
    return Report(reason, outcome.sentence, 0, reason != SYNCED, outcome)


def _synced(
    run: Run, pod: PodRef, annotations: Mapping[str, str], cluster: Secrets, *, sdk: bool
) -> Outcome:
    chosen = policy.parse(annotations)
    text = annotations[keys.ANNOTATION]
    request = parse(text, pod, providers)
    request = request._replace(policy=chosen)
    provider = providers.load(request.provider)(run.env, time.time, run.network, sdk)
    return sync(request, provider, cluster, run.retry, time.time, run.settings)


def failed(error: Exception, annotations: Mapping[str, str]) -> Report:
    """The report of a failure; under on-failure `continue` the pod starts all the same."""
    if not isinstance(error, JasmError):
        error = JasmError(bug(error))
    reason, sentence, code = error.reason, str(error), error.exit_code
    if not policy.starts_anyway(annotations):
        return Report(reason, sentence, code, True)
    anyway = f"{sentence}; the pod starts anyway ({keys.ON_FAILURE}: continue)"
    return Report(reason, anyway, 0, True)


def tell(report: Report, pod: PodRef, cluster: Cluster, reporter: EventSource, log: Log) -> None:
    """Put the report on the pod as an Event, best effort, and last into the log (D12)."""
    body = event(
        pod,
        report.reason,
        report.sentence,
        warning=report.warning,
        now=time.time(),
        reporter=reporter,
        first=report.since,
        count=report.times,
    )
    try:
        _twice(lambda: cluster.create_event(body))
    except Exception as error:  # best effort whatever happens
        said = str(error) if isinstance(error, JasmError) else bug(error)
        log.warning(f"no Event on the pod: {said}")
    write(report, log)


def write(report: Report, log: Log) -> None:
    """The log's last line (D9)."""
    line = log.error if report.exit_code else log.warning if report.warning else log.info
    line(report.sentence, reason=report.reason)


def _twice(post: Callable[[], None]) -> None:
    """An Event has its name from us, so the second try cannot make a second one."""
    try:
        post()
    except ClusterUnavailable:
        post()


def uniform() -> float:
    """[0, 1), without the 3 ms of CPU that importing `random` costs each pod."""
    return int.from_bytes(os.urandom(4)) / 2**32
