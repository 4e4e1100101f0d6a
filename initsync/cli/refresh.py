"""`initsync manifest --cronjob` and `--job`: what syncs Secrets where no pod does it at its start.

It runs as a ServiceAccount of its own, so that the apps' need no rights: one for each of theirs,
for a cloud identity is a ServiceAccount's, and one for all could read what no single app may.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import click

from initsync import providers
from initsync.annotation import request
from initsync.cli.cluster import label
from initsync.cli.progress import Progress
from initsync.cli.terminal import say
from initsync.injection import alone, jobs
from initsync.injection.settings import InjectionSettings
from initsync.manifests import files
from initsync.permissions import grants, requested
from initsync.permissions.joined import Joined, joined
from initsync.permissions.names import within
from initsync.permissions.requested import Order
from initsync.words import rules
from initsync.words.errors import AnnotationError, InvalidSetup
from initsync.words.model import JsonObject, PodRef

Command = TypeVar("Command", bound=Callable[..., Any])
_PREFIX = "jasm-sync-"


class Wanted(NamedTuple):
    """What is to be printed."""

    schedule: str
    """The CronJob's schedule; empty: no CronJob is printed."""
    once: bool
    """Whether a Job is printed."""
    account: str
    """The ServiceAccount that is to do it, which is there; empty: one of its own is printed."""
    namespace: str
    """The namespace of objects that have none."""

    @property
    def any(self) -> bool:
        """Whether a CronJob or a Job is printed."""
        return bool(self.schedule or self.once)


def _schedule(_: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    if given is not None and (rule := jobs.schedule_problem(given)):
        raise click.BadParameter(rule)
    return given or ""


def _account(_: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    if given is not None and (rule := rules.name_problem(given)):
        raise click.BadParameter(rule)
    return given or ""


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--cronjob",
        "schedule",
        metavar="SCHEDULE",
        callback=_schedule,
        help="Print in place of FILE a CronJob that syncs what its pods ask for.",
    ),
    click.option("--job", "once", is_flag=True, help="Likewise a Job, which runs once."),
    click.option(
        "--service-account",
        metavar="NAME",
        callback=_account,
        help="Of those two: it is there, and does it for the whole namespace.",
    ),
    click.option(
        "-n", "--namespace", callback=label, help="Of those two, where FILE does not say."
    ),
)


def options(command: Command) -> Command:
    """Give a command the options that `Wanted` is made of."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def of_files(paths: tuple[str, ...], wanted: Wanted) -> Iterator[Order]:
    """What the workloads in them ask for. Raises Refused where two want different Secrets of a
    name; and InvalidSetup."""
    with Progress(sys.stderr).step("read the manifests"):
        valid = files.all_valid(paths, wanted.namespace)
    if valid.conflicts:
        raise files.Refused(valid.conflicts, AnnotationError.exit_code)
    for manifest in valid.manifests:
        try:
            yield from requested.orders(manifest.text, wanted.namespace)
        except InvalidSetup as error:
            raise InvalidSetup(manifest.file, str(error)) from None


def of_text(text: str, wanted: Wanted) -> Iterator[Order]:
    """What a valid annotation asks for, of no workload."""
    if not wanted.namespace:
        raise click.UsageError("an annotation's text has no namespace: give -n NAMESPACE")
    requests = request.parse(text, PodRef(wanted.namespace, "", ""), providers)
    account = wanted.account or "default"
    yield Order(wanted.namespace, account, "", requests, only_syncs=False)


def objects(
    orders: Iterator[Order], wanted: Wanted, settings: InjectionSettings
) -> Iterator[JsonObject]:
    """For each ServiceAccount, or namespace: who syncs, its rights, and its jobs.

    What was printed before, and is among the files, asks for nothing by itself.
    """
    managed_by = dict(settings.env).get("JASM_MANAGED_BY", "")
    asking = []
    for order in orders:
        if not order.only_syncs:
            _refuse(order, managed_by)
            asking.append(order)
    found = joined(asking, wanted.account)
    if not found:
        say("warning: no pod asks for a secret", err=True)
    for one in found:
        if one.account == "default" and not wanted.account:
            say(_SHARED.format(one.namespace), err=True)
        yield from _objects(one, wanted, settings, managed_by)


_SHARED = (
    "warning: ServiceAccount {}/default is that of all pods which name none, and what another run "
    "prints for it replaces this: name one in the pods, read all of them in one run, or give "
    "--service-account"
)


def _refuse(order: Order, managed_by: str) -> None:
    """Raise InvalidSetup for Secrets that would be somebody else's."""
    if order.managed_by not in ("", managed_by):
        whose = f"a container of ServiceAccount {order.namespace}/{order.account}"
        problem = f"{whose} has JASM_MANAGED_BY {order.managed_by}"
        raise InvalidSetup(problem, f"give --env JASM_MANAGED_BY={order.managed_by}")


def _objects(
    one: Joined, wanted: Wanted, settings: InjectionSettings, managed_by: str
) -> Iterator[JsonObject]:
    name = within(_PREFIX + one.account, jobs.NAME_LIMIT)
    account = wanted.account or name
    if not wanted.account:
        metadata = {"name": account, "namespace": one.namespace}
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    for grant in grants.grants(requested.of_requests(one.requests, account, managed_by)):
        yield from grant.objects()
        _tell(grant)
    pod = alone.pod(one.text, account, settings)
    if wanted.once:
        yield jobs.job(name, one.namespace, pod)
    if wanted.schedule:
        yield jobs.cron_job(name, one.namespace, wanted.schedule, pod)


def _tell(grant: grants.Grant) -> None:
    names = ", ".join(grant.secret_names)
    needs = "which needs a cloud identity (initsync policy)"
    say(f"{grant.whose}, {needs}, syncs {names}", err=True)
    for warning in grants.warnings(grant, "kubernetes", complete=True):
        say(f"warning: {warning}", err=True)
