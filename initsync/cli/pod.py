"""`initsync --pod NAME`: the sync by hand, with the operator's kubeconfig and cloud identity."""

import os
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from initsync.cli.terminal import say, say_json, stderr
from initsync.inventory import edits
from initsync.kube.access import from_kubeconfig
from initsync.kube.cluster import Cluster
from initsync.sync.event import EventSource
from initsync.sync.log import Log
from initsync.sync.preview import Change, Preview
from initsync.sync.report import STALE, Report, Reports, exit_code, failed
from initsync.sync.run import Run, start, sync_pod, tell, write
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
        reports, changes = _sync(options, log)
    except KeyboardInterrupt:
        log.error("interrupted before the sync ended")
        sys.exit(130)
    except Exception as error:  # a traceback would end in a text that may hold a secret value
        reports = (failed(error, {}),)
        write(reports, log)
    if as_json:
        say_json(_as_json(reports, changes, dry_run=options.dry_run))
    for line in [] if as_json else _as_text(reports, changes):
        say(line)
    sys.exit(exit_code(reports))


def _sync(options: Options, log: Log) -> tuple[Reports, list[Change]]:
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
    reports = _done_or_not(sync_pod(run, pod, annotations, cluster, sdk=True))
    tell(reports, pod, cluster, EventSource("initsync"), log)
    return reports, []


def _done_or_not(reports: Reports) -> Reports:
    """A Secret that was kept starts a pod; it is not the sync that a person asked for."""
    code = ProviderUnavailable.exit_code
    return tuple(it._replace(exit_code=code) if it.reason == STALE else it for it in reports)


def _previewed(
    run: Run, pod: PodRef, annotations: dict[str, str], cluster: Cluster
) -> tuple[Reports, list[Change]]:
    preview = Preview(cluster)
    run = run._replace(settings=run.settings._replace(propagation_delay=0))
    reports = _done_or_not(sync_pod(run, pod, annotations, preview, sdk=True))
    reports = tuple(report._replace(sentence=f"dry run: {_would(report)}") for report in reports)
    write(reports, run.log)
    return reports, preview.changes


def _would(report: Report) -> str:
    said = [outcome.said(dry_run=True) for outcome in report.outcomes]
    return "; ".join(said) or report.sentence


def _as_text(reports: Reports, changes: list[Change]) -> Iterator[str]:
    """What would change; of several Secrets that of each under its name."""
    names = [it.target.secret_name for report in reports for it in report.outcomes]
    several = len(names) > 1 or any(report.secret_name for report in reports)
    for name in names:
        own = [change for change in changes if change.secret == name]
        if several and own:
            yield f"Secret {name}:"
        yield from map(str, own)


def _as_json(reports: Reports, changes: list[Change], *, dry_run: bool) -> JsonObject:
    """One JSON object for one Secret; for several an object with a list of these."""
    found = [it for report in reports for it in _objects(report, changes, dry_run=dry_run)]
    if len(found) == 1:
        return found[0]
    return {"secrets": found, "exitCode": exit_code(reports)}


def _objects(report: Report, changes: list[Change], *, dry_run: bool) -> Iterator[JsonObject]:
    if not report.outcomes:
        named = {"secretName": report.secret_name} if report.secret_name else {}
        said = {"error": report.reason, "message": report.sentence, "exitCode": report.exit_code}
        yield named | said
    for outcome in report.outcomes:
        alone = len(report.outcomes) == 1
        target = outcome.target
        yield {
            "action": outcome.action,
            "namespace": target.namespace,
            "secretName": target.secret_name,
            "provider": target.provider,
            "path": target.path,
            "version": outcome.version,
            "keys": len(outcome.keys),
            "message": report.sentence if alone else outcome.said(dry_run=dry_run),
            **(_previewed_as_json(target.secret_name, changes) if dry_run else {}),
        }


def _previewed_as_json(name: str, changes: list[Change]) -> JsonObject:
    own = [change._asdict() for change in changes if change.secret == name]
    for change in own:
        del change["secret"]
    return {"dryRun": True, "changes": own}
