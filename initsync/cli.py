"""`initsync`: the same sync by hand, with the operator's kubeconfig and cloud identity."""

import json
import os
import sys
import time

import click

from initsync import __version__, clusterauth, keys
from initsync.cluster import Cluster
from initsync.entry import sync_pod
from initsync.errors import InvalidSetup, JasmError
from initsync.logs import Log
from initsync.manifests import EventSource
from initsync.model import JsonObject, Outcome, PodRef
from initsync.transport import Connection

_EXIT_CODES = """\b
Exit codes:
  0  the Secret says what the provider says
  1  a bug in JASM
  2  wrong use, or something missing around the program
  3  the annotation, the fetched data or the existing Secret must change
  4  the cloud refuses: not found, no permission, no identity
  5  the cloud or the Kubernetes API cannot be reached, or refuses
"""


@click.group(invoke_without_command=True, epilog=_EXIT_CODES)
@click.version_option(__version__, message="initsync %(version)s")
@click.option("--pod", metavar="NAME", help="Sync the Secret that this pod's annotation asks for.")
@click.option("-n", "--namespace", help="The pod's namespace; default: the context's.")
@click.option("--context", "kube_context", help="The kubeconfig context; default: the current one.")
@click.option("--kubeconfig", metavar="FILE", help="Default: KUBECONFIG, else ~/.kube/config.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def main(
    context: click.Context,
    pod: str | None,
    namespace: str | None,
    kube_context: str | None,
    kubeconfig: str | None,
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
    log = Log(sys.stderr, "text", time.time)
    try:
        access = clusterauth.from_kubeconfig(kubeconfig, kube_context)
        result = _sync_by_hand(access, namespace or access.namespace or "default", pod, log)
    except JasmError as error:
        log.error(str(error), reason=error.reason)
        result = error
    if output == "json":
        click.echo(json.dumps(_as_json(result)))
    if isinstance(result, JasmError):
        sys.exit(result.exit_code)


def _sync_by_hand(
    access: clusterauth.Access, namespace: str, name: str, log: Log
) -> Outcome | JasmError:
    cluster = Cluster(Connection(access.url, access.tls), access.authorization, namespace)
    stored = cluster.read_pod(name)
    pod = PodRef(namespace, name, stored["metadata"]["uid"])
    text = (stored["metadata"].get("annotations") or {}).get(keys.ANNOTATION)
    if not text:
        problem = f"pod {namespace}/{name} has no annotation {keys.ANNOTATION}"
        raise InvalidSetup(problem, "add it to the pod, or name another pod")
    return sync_pod(os.environ, pod, text, cluster, EventSource("initsync"), log, sdk=True)


def _as_json(result: Outcome | JasmError) -> JsonObject:
    if isinstance(result, JasmError):
        return {"error": result.reason, "message": str(result), "exitCode": result.exit_code}
    return {
        "action": result.action,
        "namespace": result.request.namespace,
        "secretName": result.request.secret_name,
        "provider": result.request.provider,
        "path": result.request.secret_path,
        "keys": result.keys,
        "message": result.sentence,
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
    from initsync.demo import story  # moto, cryptography and more: for this command alone

    sys.exit(story.tell(cluster))
