"""`initsync --pod NAME`: the sync by hand, with the operator's kubeconfig and cloud identity."""

import os
import sys
import time
from typing import NamedTuple, NoReturn

from initsync.cli.terminal import say, say_json, stderr
from initsync.inventory import edits
from initsync.kube.access import from_kubeconfig
from initsync.kube.cluster import Cluster
from initsync.sync.event import EventSource
from initsync.sync.log import Log
from initsync.sync.preview import Change, Preview
from initsync.sync.run import Report, Run, failed, start, sync_pod, tell, write
from initsync.words import keys
from initsync.words.errors import InvalidSetup, ProviderUnavailable
from initsync.words.model import JsonObject, PodRef


class Options(NamedTuple):
    """What was asked on the command line."""

    pod: str
    namespace: str | None
    context: str | None
    kubeconfig: str | None
    timeout: float | None
    dry_run: bool
    verbose: bool


def by_hand(options: Options, *, as_json: bool) -> NoReturn:
    """Sync, tell, and end with the exit code."""
    log = Log(stderr(), time.time, level="debug" if options.verbose else "info")
    changes: list[Change] = []
    try:
        report, changes = _sync(options, log)
    except KeyboardInterrupt:
        log.error("interrupted before the sync ended")
        sys.exit(130)
    except Exception as error:  # a traceback would end in a text that may hold a secret value
        report = failed(error, {})
        write(report, log)
    if as_json:
        say_json(_as_json(report, changes, dry_run=options.dry_run))
    for change in [] if as_json else changes:
        say(str(change))
    sys.exit(report.exit_code)


def _sync(options: Options, log: Log) -> tuple[Report, list[Change]]:
    access = from_kubeconfig(options.kubeconfig, options.context, os.environ)
    namespace = options.namespace or access.namespace or "default"
    run = start(os.environ, log, options.timeout)
    cluster = Cluster(access.api(run.network), namespace)
    found = cluster.read_pod(options.pod)
    metadata = found["metadata"]
    pod = PodRef(namespace, options.pod, metadata["uid"])
    annotations = metadata.get("annotations") or {}
    if keys.ANNOTATION not in annotations:
        problem = f"pod {namespace}/{options.pod} has no annotation {keys.ANNOTATION}"
        raise InvalidSetup(problem, "add it to the pod, or name another pod")
    if edit := edits.of(found):
        log.warning(str(edit))
    if annotations.get(keys.ON_FAILURE) == "continue":  # nothing goes on after a run by hand
        annotations = annotations | {keys.ON_FAILURE: "block"}
    if options.dry_run:
        return _previewed(run, pod, annotations, cluster)
    report = _done_or_not(sync_pod(run, pod, annotations, cluster, sdk=True))
    tell(report, pod, cluster, EventSource("initsync"), log)
    return report, []


def _done_or_not(report: Report) -> Report:
    """A Secret that was kept starts a pod; it is not the sync that a person asked for."""
    stale = report.outcome and report.outcome.action == "stale"
    return report._replace(exit_code=ProviderUnavailable.exit_code) if stale else report


def _previewed(
    run: Run, pod: PodRef, annotations: dict[str, str], cluster: Cluster
) -> tuple[Report, list[Change]]:
    preview = Preview(cluster)
    run = run._replace(settings=run.settings._replace(settle=0))
    report = _done_or_not(sync_pod(run, pod, annotations, preview, sdk=True))
    sentence = report.outcome.said(dry_run=True) if report.outcome else report.sentence
    report = report._replace(sentence=f"dry run: {sentence}")
    write(report, run.log)
    return report, preview.changes


def _as_json(report: Report, changes: list[Change], *, dry_run: bool) -> JsonObject:
    if report.outcome is None:
        return {
            "error": report.reason,
            "message": report.sentence,
            "exitCode": report.exit_code,
        }
    outcome = report.outcome
    previewed = {"dryRun": True, "changes": [change._asdict() for change in changes]}
    return {
        "action": outcome.action,
        "namespace": outcome.request.namespace,
        "secretName": outcome.request.secret_name,
        "provider": outcome.request.provider,
        "path": outcome.request.secret_path,
        "keys": len(outcome.keys),
        "message": report.sentence,
        **(previewed if dry_run else {}),
    }
