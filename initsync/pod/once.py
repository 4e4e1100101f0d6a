"""One sync as the pod itself: all that it rests on is read anew from environment and files."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from initsync.kube.access import in_cluster
from initsync.kube.cluster import LIMIT, Cluster
from initsync.network.transport import Network
from initsync.pod import podinfo
from initsync.sync import report, run, settings
from initsync.sync.event import EventSource
from initsync.sync.log import Log
from initsync.sync.report import Reports
from initsync.sync.run import Run
from initsync.sync.upsert import Secrets
from initsync.words import keys
from initsync.words.errors import InvalidSetup, JasmError
from initsync.words.model import PodRef
from initsync.words.outcome import Outcome

if TYPE_CHECKING:  # a sync needs no types
    from initsync.sync.kept import Kept

_FIELD_PATH = f"spec.initContainers{{{keys.CONTAINER}}}"


class Reported(NamedTuple):
    """Where the sync ran, and where its Event goes."""

    pod: PodRef
    cluster: Cluster
    network: Network


class Synced(NamedTuple):
    """How a sync ended; `place` is None where pod or cluster are not known, so no Event can be."""

    reports: Reports
    place: Reported | None = None

    @property
    def exit_code(self) -> int:
        """The exit code of the process."""
        return report.exit_code(self.reports)

    @property
    def outcomes(self) -> list[Outcome]:
        """What was done to each Secret that was not left as it was by a failure."""
        return [outcome for told in self.reports for outcome in told.outcomes]

    def close(self) -> None:
        """Close the connections to the cluster and the provider."""
        if self.place:
            self.place.network.close()


def directory(env: Mapping[str, str]) -> str:
    """Where the downward API's files are."""
    return env.get("JASM_PODINFO_DIR", keys.PODINFO_DIR)


def sync(
    env: Mapping[str, str],
    annotations: Mapping[str, str],
    log: Log,
    *,
    quiet: bool = False,
    by: Callable[[Secrets], Secrets] | None = None,
    kept: "Kept | None" = None,
) -> Synced:
    """Do what `annotations` ask; every failure of the table becomes its report.

    `by`: what stands between the sync and the cluster's Secrets, if anything. `kept`: who a
    sidecar is.
    """
    try:
        started = run.start(env, log, quiet=quiet)
        place = _place(started)
    except JasmError as error:
        return failed(env, error, annotations, log)
    secrets = by(place.cluster) if by else place.cluster
    reports = run.sync_pod(started, place.pod, annotations, secrets, kept=kept)
    return Synced(reports, place)


def opened(env: Mapping[str, str], log: Log) -> Reported:
    """The pod and its cluster, for something else than a sync. Raises InvalidSetup."""
    return _place(run.start(env, log, quiet=True))


def failed(
    env: Mapping[str, str], error: JasmError, annotations: Mapping[str, str], log: Log
) -> Synced:
    """The report of what keeps a sync from beginning, such as a JASM_TIMEOUT that is no number.

    Pod and cluster are there all the same, mostly, and so is the place of its Event.
    """
    reports = (report.failed(error, annotations),)
    try:
        return Synced(reports, _place(run.start(settings.without(env), log)))
    except JasmError:  # what stands between container and cluster is no other failure
        return Synced(reports)


def tell(env: Mapping[str, str], synced: Synced, log: Log) -> None:
    """Put the reports on the pod as Events, where that can be, and into the log."""
    if synced.place is None:
        run.write(synced.reports, log)
        return
    where = env.get("JASM_FIELD_PATH", _FIELD_PATH)
    source = EventSource(keys.CONTAINER, env.get("JASM_NODE_NAME", ""), where)
    run.tell(synced.reports, synced.place.pod, synced.place.cluster, source, log)


def hand_over(env: Mapping[str, str], outcomes: Iterable[Outcome]) -> None:
    """Leave the names of each Secret's keys for `jasm-wait`, where one waits.

    Raises InvalidSetup.
    """
    if target := env.get("JASM_HANDOVER_DIR"):
        from initsync.pod import wait  # most pods mount no volume of the Secret

        try:
            wait.write_names(target, {it.target.secret_name: it.keys for it in outcomes})
        except OSError as error:
            problem = f"JASM_HANDOVER_DIR is {target!r}, where nothing can be written"
            advice = "mount an emptyDir volume there, writable"
            raise InvalidSetup(f"{problem} ({error.strerror})", advice) from error


def _place(started: Run) -> Reported:
    pod = podinfo.read_pod(directory(started.env))
    files = started.env.get("JASM_SERVICEACCOUNT_DIR", keys.SERVICEACCOUNT_DIR)
    access = in_cluster(started.env, files)
    cluster = Cluster(access.api(started.network, LIMIT), pod.namespace)
    return Reported(pod, cluster, started.network)
