"""`jasm-injector check`: what `helm test` runs in the cluster."""

import os
import sys
import time

import click

from initsync.words import keys


@click.command(short_help="Have a pod reviewed as API servers do it.")
@click.option(
    "--registration",
    default="jasm-injector",
    show_default=True,
    help="The MutatingWebhookConfiguration, which the pod's ServiceAccount may read.",
)
@click.option(
    "--address",
    default="",
    metavar="IP",
    help="Of the Service, where the cluster's DNS is not asked.",
)
def check(registration: str, address: str) -> None:
    """Have a pod reviewed as API servers do it: the registration's CA, its name, its time."""
    from injector.cli import probe  # a client of clusters: no part of what serves

    try:
        for entry in probe.registered(registration, os.environ, keys.SERVICEACCOUNT_DIR):
            start = time.monotonic()
            probe.ask(entry, address)
            took = 1000 * (time.monotonic() - start)
            click.echo(f"{entry.name}: trusted, and a pod was injected in {took:.0f} ms")
    except probe.ProbeFailed as error:
        sys.exit(str(error))
