"""`initsync`: the same sync by hand, with the operator's kubeconfig and cloud identity."""

import math
import os
import sys
import time
from typing import NamedTuple, NoReturn

import click

from initsync import (
    __version__,
    cli_check,
    cli_doctor,
    cli_list,
    cli_manifest,
    cli_policy,
    clusterauth,
    edits,
    entry,
    keys,
)
from initsync.cluster import Cluster
from initsync.entry import Report
from initsync.errors import InvalidSetup
from initsync.logs import Log
from initsync.manifests import EventSource
from initsync.model import JsonObject, PodRef
from initsync.preview import Change, Preview
from initsync.progress import Progress
from initsync.terminal import say, say_json
from initsync.wording import install

_EXIT_CODES = """\b
Exit codes:
  0  the Secret says what the provider says
  1  a bug in JASM
  2  wrong use, or something missing around the program
  3  the annotation, the fetched data or the existing Secret must change
  4  the cloud refuses: not found, no permission, no identity
  5  the cloud or the Kubernetes API cannot be reached, or refuses
"""


class _Options(NamedTuple):
    """What was asked on the command line."""

    pod: str
    namespace: str | None
    context: str | None
    kubeconfig: str | None
    timeout: float | None
    dry_run: bool


@click.group(invoke_without_command=True, epilog=_EXIT_CODES)
@click.version_option(__version__, message="initsync %(version)s")
@click.option("--pod", metavar="NAME", help="Sync the Secret that this pod's annotation asks for.")
@click.option("-n", "--namespace", help="The pod's namespace; default: the context's.")
@click.option("--context", "kube_context", help="The kubeconfig context; default: the current one.")
@click.option("--kubeconfig", metavar="FILE", help="Default: KUBECONFIG, else ~/.kube/config.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show key names and sizes.")
@click.option(
    "--timeout", type=click.FloatRange(0.1, 86_400), metavar="SECONDS", help="Default: 60."
)
@click.option("-v", "--verbose", is_flag=True, help="A line for each request; never a value.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def main(
    context: click.Context,
    pod: str | None,
    namespace: str | None,
    kube_context: str | None,
    kubeconfig: str | None,
    dry_run: bool,
    timeout: float | None,
    verbose: bool,
    output: str,
) -> None:
    """Keep Kubernetes Secrets in step with cloud secrets, pod by pod.

    initsync --pod NAME does by hand what jasm-init does inside the pod, with your own
    kubeconfig and your own cloud identity.
    """
    if context.invoked_subcommand:
        return
    if not pod:
        raise click.UsageError("name the pod: initsync --pod NAME [-n NAMESPACE]")
    if timeout is not None and math.isnan(timeout):
        raise click.UsageError("--timeout must be a number of seconds")
    log = Log(sys.stderr, time.time, level="debug" if verbose else "info")
    options = _Options(pod, namespace, kube_context, kubeconfig, timeout, dry_run)
    _by_hand(options, log, as_json=output == "json")


def _by_hand(options: _Options, log: Log, *, as_json: bool) -> NoReturn:
    changes: list[Change] = []
    try:
        report, changes = _sync(options, log)
    except KeyboardInterrupt:
        log.error("interrupted before the sync ended")
        sys.exit(130)
    except Exception as error:  # a traceback would end in a text that may hold a secret value
        report = entry.failed(error, {})
        entry.write(report, log)
    if as_json:
        say_json(_as_json(report, changes, dry_run=options.dry_run))
    for change in [] if as_json else changes:
        say(str(change))
    sys.exit(report.exit_code)


def _sync(options: _Options, log: Log) -> tuple[Report, list[Change]]:
    access = clusterauth.from_kubeconfig(options.kubeconfig, options.context, os.environ)
    namespace = options.namespace or access.namespace or "default"
    run = entry.start(os.environ, log, options.timeout)
    cluster = Cluster(access.connection(run.network), access.authorization, namespace)
    found = cluster.read_pod(options.pod)
    metadata = found["metadata"]
    pod = PodRef(namespace, options.pod, metadata["uid"])
    annotations = metadata.get("annotations") or {}
    if not annotations.get(keys.ANNOTATION):
        problem = f"pod {namespace}/{options.pod} has no annotation {keys.ANNOTATION}"
        raise InvalidSetup(problem, "add it to the pod, or name another pod")
    if edit := edits.of(found):
        log.warning(str(edit))
    if annotations.get(keys.ON_FAILURE) == "continue":  # nothing goes on after a run by hand
        annotations = annotations | {keys.ON_FAILURE: "block"}
    if options.dry_run:
        return _previewed(run, pod, annotations, cluster)
    report = entry.sync_pod(run, pod, annotations, cluster, sdk=True)
    entry.tell(report, pod, cluster, EventSource("initsync"), log)
    return report, []


def _previewed(
    run: entry.Run, pod: PodRef, annotations: dict[str, str], cluster: Cluster
) -> tuple[Report, list[Change]]:
    preview = Preview(cluster)
    run = run._replace(settings=run.settings._replace(settle=0))
    report = entry.sync_pod(run, pod, annotations, preview, sdk=True)
    sentence = report.outcome.said(dry_run=True) if report.outcome else report.sentence
    report = report._replace(sentence=f"dry run: {sentence}")
    entry.write(report, run.log)
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


@main.command()
@click.option(
    "--cluster",
    type=click.Choice(["embedded", "real"]),
    default="embedded",
    help="real: etcd and kube-apiserver on this machine, built at first use.",
)
def demo(cluster: str) -> None:
    """Show the whole story on this machine: no cluster, no AWS, no root."""
    try:
        from initsync.demo import story  # moto, cryptography and more: for this command alone
    except ImportError as error:
        said = f"the demo needs the package {error.name}: {install('demo')}"
        raise click.UsageError(said) from error
    sys.exit(story.tell(cluster, Progress(sys.stderr)))


main.add_command(cli_check.check)
main.add_command(cli_list.list_)
main.add_command(cli_doctor.doctor)
main.add_command(cli_policy.policy)
main.add_command(cli_manifest.manifest)
