"""`jasm-injector`: wiring of the webhook, and its certificates."""

import datetime
import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from initsync import __version__
from injector import certs as certificates
from injector import quantity, server
from injector.logs import Log
from injector.settings import Settings
from injector.tls import NoCertificate, ServingCertificate

_DEFAULT = Settings("")
_SERVICE = "jasm-injector.jasm-system.svc"


@click.group(context_settings={"auto_envvar_prefix": "JASM_INJECTOR", "show_default": True})
@click.version_option(__version__, message="jasm-injector %(version)s")
def main() -> None:
    """Put jasm-init into the pods that ask for it.

    Every option can be given as JASM_INJECTOR_COMMAND_OPTION in the environment.
    """


def _quantity(_: click.Context, _parameter: click.Parameter, given: str) -> str:
    if not quantity.value(given):
        raise click.BadParameter("must be a quantity above zero, such as 100m or 64Mi")
    return given


def _pairs(
    _: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = tuple(entry.partition("=")[::2] for entry in given)
    if not all(name.replace("_", "").isalnum() for name, _ in pairs) or any(
        "=" not in entry for entry in given
    ):
        raise click.BadParameter("must be NAME=VALUE")
    return tuple((name, value) for name, value in pairs)


@main.command()
@click.option("--image", required=True, help="The image with jasm-init, best by digest.")
@click.option(
    "--pull-policy",
    type=click.Choice(["Always", "IfNotPresent", "Never"]),
    default=_DEFAULT.pull_policy,
)
@click.option(
    "--run-as-user",
    type=click.IntRange(-1),
    default=_DEFAULT.run_as_user,
    help="UID of jasm-init; -1 leaves it to the cluster.",
)
@click.option("--cpu", default=_DEFAULT.cpu, callback=_quantity, help="Least CPU in limited pods.")
@click.option("--memory", default=_DEFAULT.memory, callback=_quantity, help="Likewise.")
@click.option("--env", multiple=True, callback=_pairs, metavar="NAME=VALUE", help="For jasm-init.")
@click.option("--token-seconds", type=click.IntRange(600), default=_DEFAULT.token_seconds)
@click.option(
    "--certs",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Directory with tls.crt and tls.key; reloaded when they change.",
)
@click.option("--host", default="::", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8443, help="0: any free one.")
def serve(certs: Path, host: str, port: int, run_as_user: int, **chosen: Any) -> None:
    """Serve /mutate, /healthz and /readyz over HTTPS until SIGTERM."""
    settings = Settings(run_as_user=None if run_as_user < 0 else run_as_user, **chosen)
    try:
        certificate = ServingCertificate(certs, Log(), time.time)
        sock = server.listen(host, port)
    except NoCertificate as error:
        sys.exit(str(error))
    except OSError as error:
        problem = os.strerror(error.errno) if error.errno else str(error)
        sys.exit(f"cannot listen on {host} port {port} ({problem}): set --host and --port")
    server.serve(settings, certificate, sock)


@main.command()
@click.option(
    "--self-signed",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Write ca.crt, tls.crt and tls.key there.",
)
@click.option("--dns", multiple=True, default=[_SERVICE], help="Name of the webhook; repeatable.")
@click.option("--ip", multiple=True, help="Address of the webhook; repeatable.")
@click.option("--days", type=click.IntRange(1, 3650), default=365)
def certs(directory: Path, dns: tuple[str, ...], ip: tuple[str, ...], days: int) -> None:
    """Make a serving certificate and the CA for the webhook's caBundle."""
    now = datetime.datetime.now(datetime.UTC)
    try:
        files = certificates.self_signed(directory, [*dns, *ip], now, days)
    except OSError as error:
        sys.exit(f"no certificate was made: {error}")
    for file in files:
        click.echo(file)
