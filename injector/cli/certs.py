"""`jasm-injector certs`: into a directory, or as the job of a cluster. Wiring only.

What the job needs of clients is imported when it runs: the serving process has this command too,
and no use for them.
"""

import datetime
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from initsync.words import keys
from initsync.words.errors import JasmError
from initsync.words.wording import bug
from injector.certs import issue
from injector.certs.hosts import dns_name, ip_address
from injector.certs.rotation import Rules
from injector.certs.stored import Names

if TYPE_CHECKING:
    from initsync.kube.access import Access
    from initsync.sync.log import Log
    from injector.certs.job import Job, Result

_RULES = Rules(())
_WHOLE = 60.0  # seconds after which one that stays looks at the Secret too, whatever it saw
_EXIT_CODES = """\b
Exit codes, with --secret:
  0  done, or waiting for a time that a later run is to see
  1  a bug in JASM
  2  wrong use, or something missing around the program
  3  an object is somebody else's, and was left as it is
  5  the Kubernetes API cannot be reached, or refuses
  130, 143  ended by Ctrl-C, by SIGTERM; the next run goes on
"""


class _Options(NamedTuple):
    """What the options of the certificate job say."""

    names: Names
    days: int
    trust_seconds: int
    reload_seconds: int
    skew_seconds: int
    timeout: int
    interval_seconds: int
    dry_run: bool
    kubeconfig: str | None
    context: str | None
    output: str


@click.command(short_help="Make the webhook's certificate and CA.", epilog=_EXIT_CODES)
@click.option(
    "--self-signed",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write ca.crt, tls.crt and tls.key there, and ask no cluster.",
)
@click.option(
    "--secret", metavar="NAME", help="Keep them in this Secret, and the caBundle with it."
)
@click.option("-n", "--namespace", default="jasm-system", help="Of Secret and Service.")
@click.option("--service", default="jasm-injector", help="The injector's; it owns the Secret.")
@click.option("--webhook", default="jasm-injector", help="The MutatingWebhookConfiguration.")
@click.option(
    "--dns",
    multiple=True,
    help="Name of the webhook; repeatable.  [default: SERVICE.NAMESPACE.svc]",
)
@click.option("--ip", multiple=True, help="Address of the webhook; repeatable.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, help="Life of a certificate.")
@click.option(
    "--trust-seconds",
    type=click.IntRange(0, 86_400),
    default=int(_RULES.trust_seconds),
    help="How long API servers may take to see a new CA.",
)
@click.option(
    "--reload-seconds",
    type=click.IntRange(0, 86_400),
    default=int(_RULES.reload_seconds),
    help="How long replicas may take to serve a new certificate.",
)
@click.option(
    "--skew-seconds",
    type=click.IntRange(0, 86_400),
    default=int(_RULES.skew_seconds),
    help="How far the clocks of API servers may be apart; either wait is so much longer.",
)
@click.option(
    "--timeout",
    type=click.IntRange(1, 86_400),
    default=300,
    help="Seconds of this run; a longer wait is left to the next.",
)
@click.option(
    "--interval-seconds",
    type=click.IntRange(0, 3600),
    default=0,
    help="Stay, and look that often whether the caBundle is still there; 0: run once.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done first, and write nothing.")
@click.option("--context", help="The kubeconfig context; in a pod: its ServiceAccount.")
@click.option("--kubeconfig", metavar="FILE", help="Default: KUBECONFIG, else ~/.kube/config.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def certs(
    directory: Path | None,
    secret: str | None,
    namespace: str,
    service: str,
    webhook: str,
    dns: tuple[str, ...],
    ip: tuple[str, ...],
    days: int,
    **chosen: Any,
) -> None:
    """Make a serving certificate and the CA for the webhook's caBundle.

    With --secret it is kept in the cluster and renewed at two thirds of its life: run it now and
    then, or have it stay, as in the chart's Deployment. What is cut short is gone on with later.
    """
    if (directory is None) == (secret is None):
        raise click.UsageError("say where to: --self-signed DIR, or --secret NAME")
    if chosen["interval_seconds"] and (directory or chosen["dry_run"]):
        raise click.UsageError("--interval-seconds is for --secret, without --dry-run")
    hosts = _hosts(dns or (f"{service}.{namespace}.svc",), ip)
    if directory:
        _into(directory, hosts, days)
    else:
        names = Names(namespace, secret or "", service, webhook, hosts)
        _job(_Options(names, days, **chosen))


def _hosts(dns: tuple[str, ...], ip: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return (*map(dns_name, dns), *map(ip_address, ip))
    except ValueError as error:
        raise click.UsageError(f"no certificate can be for {error}") from None


def _into(directory: Path, hosts: tuple[str, ...], days: int) -> None:
    now = datetime.datetime.now(datetime.UTC)
    try:
        files = issue.self_signed(directory, hosts, now, days)
    except OSError as error:
        sys.exit(f"no certificate was made: {error}")
    for file in files:
        click.echo(file)


def _job(options: _Options) -> NoReturn:
    from initsync.sync.log import Log

    signal.signal(signal.SIGTERM, _stop)  # PID 1 has no default action for it
    log = Log(sys.stderr, time.time, form=options.output)
    try:
        result = _stayed(options, log) if options.interval_seconds else _run(options, log)
    except KeyboardInterrupt:
        log.error("interrupted; the next run goes on from what is stored")
        sys.exit(130)
    except Exception as error:  # a traceback would show what the job holds: private keys
        failure = error if isinstance(error, JasmError) else JasmError(bug(error))
        log.error(str(failure), reason=failure.reason)
        _report(options, {"error": failure.reason, "message": str(failure)}, failure.exit_code)
    would = "dry run, the next step is to " if options.dry_run and not result.complete else ""
    log.info(f"{would}{result.sentence}")
    said = {"complete": result.complete, "steps": result.steps, "message": result.sentence}
    _report(options, said, 0)


def _stop(*_: object) -> NoReturn:
    os.write(2, b"stopped by SIGTERM; the next run goes on from what is stored\n")
    os._exit(128 + signal.SIGTERM)


def _report(options: _Options, said: dict[str, Any], code: int) -> NoReturn:
    if options.output == "json":
        click.echo(json.dumps({**said, "dryRun": options.dry_run, "exitCode": code}))
    sys.exit(code)


def _stayed(options: _Options, log: "Log") -> NoReturn:
    """Run again and again, until a signal or a failure ends it; say what is new only."""
    complete = None
    while True:
        with _job_of(options, log) as job:
            result = job.run()
            if result.steps or result.complete != complete:
                log.info(result.sentence)
            complete = result.complete
            job.await_change(_WHOLE)


def _run(options: _Options, log: "Log") -> "Result":
    with _job_of(options, log) as job:
        return job.run()


@contextmanager
def _job_of(options: _Options, log: "Log") -> "Iterator[Job]":
    """The job and its connection."""
    from initsync.network.transport import Network
    from initsync.sync.retry import Retry
    from initsync.sync.run import uniform
    from injector.certs.job import Job, Surroundings
    from injector.certs.store import Store

    names, end = options.names, time.monotonic() + options.timeout

    def left() -> float:
        return end - time.monotonic()

    access = _access(options)
    network = Network(os.environ, left, log.debug)
    retry = Retry(time.monotonic, time.sleep, uniform, end, log.warning)
    around = Surroundings(
        retry,
        left,
        time.sleep,
        lambda kind, sentence: log.info(sentence, step=kind),
        lambda now: issue.issue(names.hosts, now, options.days),
    )
    waits = options.trust_seconds, options.reload_seconds, options.skew_seconds
    rules = Rules(names.hosts, *waits)
    store = Store(access.api(network), names)
    with closing(network):
        yield Job(store, names, rules, around, options.interval_seconds, dry_run=options.dry_run)


def _access(options: _Options) -> "Access":
    from initsync.kube.access import from_kubeconfig, in_cluster

    by_hand = options.kubeconfig or options.context or "KUBERNETES_SERVICE_HOST" not in os.environ
    if by_hand:
        return from_kubeconfig(options.kubeconfig, options.context, os.environ)
    place = os.environ.get("JASM_SERVICEACCOUNT_DIR", keys.SERVICEACCOUNT_DIR)
    return in_cluster(os.environ, place)
