"""`initsync doctor`: why a pod does not get its secret, one line a check."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

from initsync.cli.cluster import Asked, Opened, ending, opened, options
from initsync.cli.podname import pod_name
from initsync.cli.terminal import say, say_json
from initsync.doctor import forcluster, forpod, installation
from initsync.doctor.diagnoses import Asker
from initsync.doctor.result import STATUSES, Result, exit_code, failure
from initsync.words.errors import ClusterError

_EXIT_CODES = """\b
Exit codes, of the first check that failed:
  0    none failed; warnings and skipped checks do not count
  1    a bug in JASM
  2    wrong use, or something missing around the program or the container
  3    the annotation or the existing Secret must change
  4    the cloud refuses: not found, no permission, no identity
  5    the cluster: not reached, no such pod, JASM's installation, a Role
  130  interrupted
"""
_COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}


@click.command(epilog=_EXIT_CODES)
@click.option(
    "--pod",
    metavar="NAME",
    callback=pod_name,
    help="The pod; without it, all of the namespace.",
)
@click.option(
    "--as-pod",
    is_flag=True,
    help="With --pod: ask the store by a token of the pod's ServiceAccount instead of as yourself.",
)
@options("The pods' namespace; default: the context's.", 60)
def doctor(pod: str | None, as_pod: bool, **asked: Any) -> None:
    """Say why a pod does not get its secret, and what to do.

    Everything between the pod and its secret is checked, as far as you may read it. Nothing is
    changed, and no secret value is shown.
    """
    if as_pod and not pod:
        raise click.UsageError("--as-pod needs --pod NAME")
    chosen = Asked(**asked)
    with ending(chosen):
        place = opened(chosen)
        namespace = chosen.namespace or place.namespace
        found = _told(_checks(place, namespace, pod, as_pod=as_pod), chosen, place)
        code = exit_code(found)
        if chosen.as_json:
            checks = [one.as_json for one in found]
            say_json({"checks": checks, "exitCode": code})
        counts = Counter(one.status for one in found)
        say(", ".join(f"{counts[status]} {status}" for status in STATUSES), err=True)
        sys.exit(code)


def _checks(place: Opened, namespace: str, name: str | None, *, as_pod: bool) -> Iterator[Result]:
    """The checks in order: first the one on which the others depend."""
    reads, now = place.reads, time.time()
    try:
        yield installation.api_version(reads.version())
    except ClusterError as error:  # nothing else can be read either
        yield failure("api-server", error)
        return
    registered = forcluster.registered(reads)
    found = forpod.read(reads, namespace, name) if name else None
    if isinstance(found, Result):
        yield found
        found = None
    elif found:
        asker = Asker(os.environ, reads, place.run.network, as_pod)
        setting = forpod.Setting(asker, now, registered)
        yield from forpod.checks(setting, found)
    yield from forcluster.checks(reads, registered, found, now)
    if not name:
        yield from forcluster.pods(reads, registered, namespace)
        yield from forcluster.workloads(reads, namespace)


def _told(checks: Iterator[Result], asked: Asked, place: Opened) -> list[Result]:
    """The results, each told as soon as it is there."""
    found: list[Result] = []
    while True:
        with place.progress.step("the next check"):
            result = next(checks, None)
        if result is None:
            return found
        found.append(result)
        if not asked.as_json:
            say(str(result), colour=_COLOURS.get(result.status))
