"""`initsync list`: what JASM did in a cluster, and what it missed."""

import json
import os
import sys
import time

import click

from initsync import clusterauth, entry
from initsync.cluster import Cluster
from initsync.errors import JasmError
from initsync.listing import Missed, missed
from initsync.logs import Log


@click.command("list")
@click.option(
    "--missed",
    "_missed",
    is_flag=True,
    required=True,
    help="Pods that ask for a secret and have no jasm-init.",
)
@click.option("-n", "--namespace", help="Only this one; default: all namespaces.")
@click.option("--context", "kube_context", help="The kubeconfig context; default: the current one.")
@click.option("--kubeconfig", metavar="FILE", help="Default: KUBECONFIG, else ~/.kube/config.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def list_(
    _missed: bool,
    namespace: str | None,
    kube_context: str | None,
    kubeconfig: str | None,
    output: str,
) -> None:
    """List pods, as far as you may list them."""
    log = Log(sys.stderr, time.time)
    try:
        access = clusterauth.from_kubeconfig(kubeconfig, kube_context, os.environ)
        run = entry.start(os.environ, log)
        cluster = Cluster(access.connection(run.network), access.authorization, namespace or "")
        labels = cluster.namespace_labels()
        found = list(missed(cluster.list_pods(), labels))
    except JasmError as error:
        log.error(str(error), reason=error.reason)
        sys.exit(error.exit_code)
    if output == "json":
        click.echo(json.dumps([one._asdict() for one in found]))
    else:
        _print(found)


def _print(found: list[Missed]) -> None:
    for one in found:
        owner = f" ({one.owner})" if one.owner else ""
        click.echo(f"{one.namespace}/{one.pod}{owner}, created {one.created}: {one.why}")
    if not found:
        click.echo("no pod was missed", err=True)
