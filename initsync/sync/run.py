"""What both ways in share, `jasm-init` and `initsync --pod`: one sync, reported on the pod.

What differs is only where cluster and cloud identity come from (D2).
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from initsync import providers
from initsync.annotation import policy
from initsync.annotation.request import parse
from initsync.kube.cluster import Cluster
from initsync.network.transport import Network
from initsync.sync import settings
from initsync.sync.event import EventSource, event
from initsync.sync.log import Log
from initsync.sync.report import Report, Reports, failed, told
from initsync.sync.retry import Retry
from initsync.sync.settings import SyncSettings
from initsync.sync.upsert import Load, Secrets, sync
from initsync.words import keys
from initsync.words.errors import (
    AccessDenied,
    ClusterUnavailable,
    JasmError,
    NoIdentityYet,
    SecretNotFound,
)
from initsync.words.model import PodRef, SyncRequest, Target, targets
from initsync.words.outcome import Outcome
from initsync.words.wording import bug

if TYPE_CHECKING:  # a sync needs no types
    from initsync.providers.interface import SecretProvider
    from initsync.sync.kept import Kept


class Run(NamedTuple):
    """What every step of one run shares."""

    env: Mapping[str, str]
    settings: SyncSettings
    network: Network
    retry: Retry
    log: Log


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
    kept: "Kept | None" = None,
) -> Reports:
    """Do what the annotations of `pod` ask; every failure of the table becomes its report.

    `sdk`: the cloud SDK's own sources of identity (profiles, SSO) may be asked too. `kept`: of
    whoever syncs again and again.
    """
    try:
        wanted = targets(_asked(pod, annotations))
        made = _made(run, wanted, sdk=sdk)
        if kept:
            kept.give(made)
    except Exception as error:  # a bug is reported like a failure, by its place only
        return (failed(error, annotations),)
    try:
        reports = _done(run, wanted, made.__getitem__, annotations, cluster)
        if kept:
            kept.take(made, reports)
        return reports
    finally:
        for name, provider in made.items():
            if not (kept and kept.has(name)):
                _close(provider)


def _done(
    run: Run,
    wanted: Sequence[Target],
    load: Load,
    annotations: Mapping[str, str],
    cluster: Secrets,
) -> Reports:
    def synced(target: Target) -> Outcome:
        return sync(target, load, cluster, run.retry, time.time, run.settings)

    if len(wanted) > 1:
        from initsync.sync import several  # most pods have one

        return several.sync(wanted, synced, annotations, load)
    try:
        return (told(synced(wanted[0])),)
    except Exception as error:
        return (failed(error, annotations),)


def _close(provider: "SecretProvider") -> None:
    """Let it give back what it holds at its store; what came of the sync is known already."""
    try:
        if close := getattr(provider, "close", None):
            close()
    except Exception:  # best effort
        return


def _asked(pod: PodRef, annotations: Mapping[str, str]) -> Iterator[SyncRequest]:
    chosen = policy.parse(annotations)
    for request in parse(annotations[keys.ANNOTATION], pod, providers):
        yield request._replace(policy=chosen)


def _made(run: Run, wanted: Iterable[Target], *, sdk: bool) -> "dict[str, SecretProvider]":
    """One of each provider that is asked for: it keeps its identity and connections."""
    made: dict[str, SecretProvider] = {}
    for name in dict.fromkeys(entry.provider for target in wanted for entry in target.entries):
        provider = providers.load(name)(run.env, time.time, run.network, sdk)
        if join := getattr(provider, "join", None):
            join(made.values())
        made[name] = provider
    return made


def tell(reports: Reports, pod: PodRef, cluster: Cluster, reporter: EventSource, log: Log) -> None:
    """Put each on the pod as an Event, best effort, and last into the log (D12)."""
    try:
        for report in reports:
            _post(report, pod, cluster, reporter)
    except Exception as error:  # best effort whatever happens; those that follow would fail, too
        said = str(error) if isinstance(error, JasmError) else bug(error)
        log.warning(f"no Event on the pod: {said}")
    write(reports, log)


def _post(report: Report, pod: PodRef, cluster: Cluster, reporter: EventSource) -> None:
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
    _twice(lambda: cluster.create_event(body))


def write(reports: Reports, log: Log) -> None:
    """The log's last lines (D9), the gravest at the end."""
    for report in sorted(reports, key=_gravity):
        line = log.error if report.exit_code else log.warning if report.warning else log.info
        line(report.sentence, reason=report.reason)


def _gravity(report: Report) -> tuple[bool, int]:
    return report.warning, -report.exit_code if report.exit_code else -9


def _twice(post: Callable[[], None]) -> None:
    """An Event has its name from us, so the second try cannot make a second one."""
    try:
        post()
    except ClusterUnavailable:
        post()


def uniform() -> float:
    """[0, 1), without the 3 ms of CPU that importing `random` costs each pod."""
    return int.from_bytes(os.urandom(4)) / 2**32
