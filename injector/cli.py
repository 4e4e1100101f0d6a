"""`jasm-injector`: wiring of the webhook, and its certificates."""

import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import click

from initsync import __version__
from injector import listening, options, server
from injector.cli_certs import certs
from injector.cli_check import check
from injector.logs import Log
from injector.settings import Settings
from injector.tls import NoCertificate, ServingCertificate

_DEFAULT = Settings("")


@click.group(context_settings={"auto_envvar_prefix": "JASM_INJECTOR", "show_default": True})
@click.version_option(__version__, message="jasm-injector %(version)s")
def main() -> None:
    """Put jasm-init into the pods that ask for it.

    Every option can be given as JASM_INJECTOR_COMMAND_OPTION in the environment.
    """


main.add_command(certs)
main.add_command(check)


@main.command()
@click.option(
    "--image",
    required=True,
    callback=options.image,
    help="The image with jasm-init, best by digest.",
)
@click.option(
    "--pull-policy",
    type=click.Choice(["Always", "IfNotPresent", "Never"]),
    default=_DEFAULT.pull_policy,
)
@click.option(
    "--run-as-user",
    callback=options.user,
    type=click.IntRange(-1, 2**31 - 1),
    default=_DEFAULT.run_as_user,
    help="UID of jasm-init, not root's; -1 leaves it to the cluster.",
)
@click.option(
    "--cpu", default=_DEFAULT.cpu, callback=options.quantity, help="Least CPU in limited pods."
)
@click.option("--memory", default=_DEFAULT.memory, callback=options.quantity, help="Likewise.")
@click.option(
    "--sidecar-cpu",
    default=_DEFAULT.sidecar_cpu,
    callback=options.quantity,
    help="CPU of a sidecar in limited pods, in mode sidecar.",
)
@click.option(
    "--sidecar-memory", default=_DEFAULT.sidecar_memory, callback=options.quantity, help="Likewise."
)
@click.option(
    "--container-restart-policy",
    is_flag=True,
    help="Your cluster has 1.35 or newer: let the kubelet try again in pods that it would not.",
)
@click.option(
    "--env", multiple=True, callback=options.pairs, metavar="NAME=VALUE", help="For jasm-init."
)
@click.option(
    "--mesh-proxy",
    "mesh_proxies",
    multiple=True,
    default=_DEFAULT.mesh_proxies,
    metavar="NAME",
    help="A native sidecar that must run before jasm-init can use the network; repeatable.",
)
@click.option("--token-seconds", type=click.IntRange(600, 2**32), default=_DEFAULT.token_seconds)
@click.option(
    "--on-invalid",
    type=click.Choice(["warn", "deny"]),
    default="warn",
    help="What a pod with an invalid annotation gets.",
)
@click.option(
    "--certs",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Directory with tls.crt and tls.key; reloaded when they change.",
)
@click.option("--host", default="::", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8443, help="0: any free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes, each of a core.")
def serve(
    certs: Path,
    host: str,
    port: int,
    workers: int,
    run_as_user: int,
    on_invalid: str,
    **chosen: Any,
) -> None:
    """Serve /mutate, /healthz, /readyz and /metrics over HTTPS until SIGTERM."""
    user = None if run_as_user < 0 else run_as_user
    settings = Settings(run_as_user=user, deny_invalid=on_invalid == "deny", **chosen)
    try:
        certificate = ServingCertificate(certs, Log(), time.time)
        socks = listening.listen(host, port, workers)
    except NoCertificate as error:
        sys.exit(str(error))
    except OSError as error:
        named = isinstance(error, socket.gaierror) or not error.errno
        problem = str(error.strerror or error) if named else os.strerror(error.errno or 0)
        sys.exit(f"cannot listen on {host} port {port} ({problem}): set --host and --port")
    sys.exit(0 if server.serve(settings, certificate, socks) else 1)
