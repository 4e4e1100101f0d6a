"""One sync as the pod itself: all that it rests on is read anew from environment and files."""

from collections.abc import Mapping
from typing import NamedTuple

from initsync import clusterauth, entry, keys, podinfo
from initsync.cluster import LIMIT, Cluster
from initsync.entry import Report
from initsync.errors import JasmError
from initsync.logs import Log
from initsync.manifests import EventSource
from initsync.model import Outcome, PodRef
from initsync.transport import Network

_SOURCE = f"spec.initContainers{{{keys.CONTAINER}}}"
NOTHING_TO_DO = f"the pod has no annotation {keys.ANNOTATION}: nothing to do"


class Place(NamedTuple):
    """Where the sync ran, and where its Event goes."""

    pod: PodRef
    cluster: Cluster
    network: Network


class Synced(NamedTuple):
    """How a sync ended; `place` is None where pod or cluster are not known, so no Event can be."""

    report: Report
    place: Place | None = None

    def close(self) -> None:
        """End its connections."""
        if self.place:
            self.place.network.close()


def directory(env: Mapping[str, str]) -> str:
    """Where the downward API's files are."""
    return env.get("JASM_PODINFO_DIR", keys.PODINFO_DIR)


def sync(
    env: Mapping[str, str], annotations: Mapping[str, str], log: Log, *, quiet: bool = False
) -> Synced:
    """Do what `annotations` ask; every failure of the table becomes its report."""
    try:
        pod = podinfo.read_pod(directory(env))
        run = entry.start(env, log, quiet=quiet)
        cluster = _cluster(run, pod.namespace)
    except JasmError as error:
        return Synced(entry.failed(error, annotations))
    report = entry.sync_pod(run, pod, annotations, cluster)
    return Synced(report, Place(pod, cluster, run.network))


def tell(env: Mapping[str, str], synced: Synced, log: Log) -> None:
    """Put the report on the pod as an Event, where that can be, and into the log."""
    if synced.place is None:
        entry.write(synced.report, log)
        return
    source = EventSource(keys.CONTAINER, env.get("JASM_NODE_NAME", ""), _SOURCE)
    entry.tell(synced.report, synced.place.pod, synced.place.cluster, source, log)


def hand_over(env: Mapping[str, str], outcome: Outcome | None) -> None:
    """Leave the names of the keys for `jasm-wait`, where one waits; none without `outcome`."""
    if target := env.get("JASM_HANDOVER_DIR"):
        from initsync import wait  # most pods mount no volume of the Secret

        wait.write_names(target, outcome.keys if outcome else ())


def _cluster(run: entry.Run, namespace: str) -> Cluster:
    files = run.env.get("JASM_SERVICEACCOUNT_DIR", keys.SERVICEACCOUNT_DIR)
    access = clusterauth.in_cluster(run.env, files)
    return Cluster(access.connection(run.network, LIMIT), access.authorization, namespace)
