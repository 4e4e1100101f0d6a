"""`jasm-injector`: wiring of the webhook, and its certificates."""

import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import click

from initsync import __version__, providers
from initsync.cli import injection_options
from initsync.injection.settings import InjectionSettings
from injector.cli.certs import certs
from injector.cli.check import check
from injector.server import listening, server
from injector.server.clients import Clients
from injector.server.tls import NoCertificate, ServingCertificate
from injector.webhook import logs
from injector.webhook.app import App
from injector.webhook.metrics import Metrics


@click.group(context_settings={"auto_envvar_prefix": "JASM_INJECTOR", "show_default": True})
@click.version_option(__version__, message="jasm-injector %(version)s")
def main() -> None:
    """Put jasm-init into the pods that ask for it.

    Every option can be given as JASM_INJECTOR_COMMAND_OPTION in the environment.
    """


main.add_command(certs)
main.add_command(check)


@main.command(short_help="Serve the webhook over HTTPS until SIGTERM.")
@injection_options.container
@click.option(
    "--image-pull-secret",
    "image_pull_secrets",
    multiple=True,
    metavar="NAME",
    help="Secret of each pod's namespace that its images may be pulled with, too; repeatable.",
)
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
@click.option("--log-format", type=click.Choice(logs.FORMATS), default=logs.FORMATS[0])
@click.option(
    "--log-level",
    type=click.Choice(logs.LEVELS),
    default=logs.LEVELS[0],
    help="The least that is logged.",
)
@click.option("--host", default="::", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8443, help="0: any free one.")
def serve(
    certs: Path,
    host: str,
    port: int,
    on_invalid: str,
    log_format: str,
    log_level: str,
    **chosen: Any,
) -> None:
    """Serve /mutate, /healthz, /readyz and /metrics over HTTPS until SIGTERM."""
    providers.names()  # those of packages are found now, and not in somebody's review: 50 ms
    settings = InjectionSettings(deny_invalid=on_invalid == "deny", **chosen)
    log = logs.Log(form=log_format, least=log_level)
    try:
        certificate = ServingCertificate(certs, log, time.time)
        sock = listening.listen(host, port)
    except NoCertificate as error:
        sys.exit(str(error))
    except OSError as error:
        named = isinstance(error, socket.gaierror) or not error.errno
        problem = str(error.strerror or error) if named else os.strerror(error.errno or 0)
        sys.exit(f"cannot listen on {host} port {port} ({problem}): set --host and --port")
    clients = Clients()
    metrics = Metrics(lambda: certificate.validity, clients.in_flight)
    app = App(settings, lambda: certificate.problem() or clients.problem(), log, metrics)
    log.line("info", "listening", url=listening.url(sock), image=settings.image)
    server.serve(app, certificate, clients, sock)
