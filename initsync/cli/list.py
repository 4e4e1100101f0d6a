"""`initsync list`: the Secrets that JASM keeps, who uses them, and the pods that it missed."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import click

from initsync.cli.cluster import Asked, Opened, ending, opened, options
from initsync.cli.outdated import tell
from initsync.cli.terminal import say, say_json, table
from initsync.inventory import registrations, why
from initsync.inventory.makers import MAKERS, Makers
from initsync.inventory.missed import Missed, missed, never_asked
from initsync.inventory.outdated import Outdated, outdated
from initsync.inventory.usage import Found, Managed, User, first_users
from initsync.inventory.why import Injecting
from initsync.kube.api import PODS, SECRETS, Resource
from initsync.kube.reads import NAMESPACES, Reads
from initsync.sync import settings
from initsync.words import keys
from initsync.words.errors import ClusterForbidden
from initsync.words.times import since, since_written, span

_VERSION = 8
"""Characters of a version in a line: they tell two of one secret apart."""
_SHOWN = 3
"""Users of one Secret in a line, and sources."""
_OTHERS = {
    "Ingress": Resource("networking.k8s.io", "ingresses"),
    "ServiceAccount": Resource("", "serviceaccounts"),
}
"""The resources of the kinds that `usage.OTHERS` names."""
_EXIT_CODES = """\b
Exit codes:
  0  the answer is complete, or (without --unused) says what it may lack
  1  a bug in JASM
  2  wrong use, or no usable kubeconfig
  5  the Kubernetes API cannot be reached, or refuses; with --unused also
     where something may not be read that could use a Secret
"""


@click.command("list", epilog=_EXIT_CODES)
@click.option("--unused", is_flag=True, help="Only Secrets that nothing uses.")
@click.option(
    "--missed",
    "only_missed",
    is_flag=True,
    help="Pods that ask for a secret and have no jasm-init, and workloads that ask in vain.",
)
@click.option(
    "--outdated",
    "only_outdated",
    is_flag=True,
    help="Containers that run with a value from before a Secret was last written.",
)
@click.option("--secret", default="", metavar="NAME", help="With --outdated: of this Secret only.")
@options("Only this one; default: all namespaces.", 300)
def list_(unused: bool, only_missed: bool, only_outdated: bool, secret: str, **asked: Any) -> None:
    """List the Secrets that JASM keeps, and who uses them. No secret value is read."""
    if unused + only_missed + only_outdated > 1:
        raise click.UsageError("choose one of --unused, --missed and --outdated")
    if secret and not only_outdated:
        raise click.UsageError("--secret is for --outdated")
    chosen = Asked(**asked)
    with ending(chosen):
        place = opened(chosen)
        if only_outdated:
            tell(_outdated(chosen, place, secret), chosen)
        elif only_missed:
            found = [*_missed(chosen, place), *_never_asked(chosen, place)]
            _tell_missed(found, chosen)
        else:
            _list(chosen, place, unused=unused)


def _outdated(asked: Asked, place: Opened, secret: str) -> list[Outdated]:
    found, namespace = _secrets(asked, place), asked.namespace or ""
    written = {(it.namespace, it.name): it.synced for it in found.secrets}
    with place.progress.step("list pods"):
        every = outdated(place.reads.pages(PODS, namespace), written)
        return [it for it in every if secret in ("", it.secret)]


def _missed(asked: Asked, place: Opened) -> list[Missed]:
    with place.progress.step("list pods"):
        around = (_namespace_labels(asked, place), _injecting(place.reads))
        pods = place.reads.pages(PODS, asked.namespace or "")
        return list(missed(pods, *around, Makers(place.reads).template))


def _never_asked(asked: Asked, place: Opened) -> Iterator[Missed]:
    """Workloads whose pods have not the annotation that they have themselves."""
    for kind, resource in MAKERS.items():
        try:
            with place.progress.step(f"list {resource.plural}"):
                yield from never_asked(kind, place.reads.pages(resource, asked.namespace or ""))
        except ClusterForbidden as error:
            say(f"warning: {resource.title} were not read: {error.advice}", err=True)


def _injecting(reads: Reads) -> list[Injecting] | None:
    """All that injects; None where it may not be read."""
    try:
        every = registrations.webhooks(reads)
        found = (why.webhooks(every), registrations.policies(reads))
        return why.injecting(*found, why.others(every))
    except ClusterForbidden:
        return None


def _namespace_labels(asked: Asked, place: Opened) -> dict[str, dict[str, str]] | None:
    """The labels of the namespaces, by name; None where they may not be read."""
    try:
        if asked.namespace:
            one = place.reads.get(NAMESPACES, "", asked.namespace)
            every = [one] if one else []
        else:
            every = list(place.reads.pages(NAMESPACES, metadata_only=True))
    except ClusterForbidden:
        return None
    return {one["metadata"]["name"]: one["metadata"].get("labels") or {} for one in every}


def _tell_missed(found: list[Missed], asked: Asked) -> None:
    if asked.as_json:
        say_json([one._asdict() for one in found])
        return
    for one in found:
        owner = f" ({one.owner})" if one.owner and one.pod else ""
        what = f"{one.namespace}/{one.pod or one.owner}{owner}"
        say(f"{what}, created {one.created}: {one.why}")
    if not found:
        say("no pod was missed", err=True)


def _list(asked: Asked, place: Opened, *, unused: bool) -> None:
    found, unread = _read(asked, place)
    chosen = found.unused if unused else found.secrets
    lacks = [*unread, *found.unclear]
    if asked.as_json:
        secrets = [_as_json(one) for one in chosen]
        say_json({"secrets": secrets, "incomplete": lacks})
    elif chosen:
        for line in _lines(chosen, time.time(), unused=unused):
            say(line)
    else:
        say("no unused Secret" if unused else "no Secret of JASM's", err=True)
    for what in lacks:
        say(f"warning: the answer may be incomplete: {what}", err=True)
    if unused and not asked.as_json:
        say(_BEYOND, err=True)
    sys.exit(5 if unused and lacks else 0)


_BEYOND = (
    "not seen: who reads a Secret by the Kubernetes API, and custom resources; "
    "look there before you delete one"
)


def _read(asked: Asked, place: Opened) -> tuple[Found, list[str]]:
    """The Secrets with their users, and what could not be read."""
    found, namespace = _secrets(asked, place), asked.namespace or ""
    unread = []
    for kind, resource in {**MAKERS, "Pod": PODS, **_OTHERS}.items():
        try:
            with place.progress.step(f"list {resource.plural}"):
                for one in place.reads.pages(resource, namespace):
                    found.add(kind, one)
        except ClusterForbidden as error:
            unread.append(f"{resource.title} were not read: {error.advice}")
    return found, unread


def _secrets(asked: Asked, place: Opened) -> Found:
    label = f"{keys.MANAGED_BY} in ({','.join(settings.managed_by(os.environ))})"
    namespace = asked.namespace or ""
    with place.progress.step("list Secrets"):
        return Found(place.reads.pages(SECRETS, namespace, labels=label, metadata_only=True))


def _lines(secrets: list[Managed], now: float, *, unused: bool) -> list[str]:
    head = ["NAMESPACE", "NAME", "PROVIDER", "PATH", "VERSION", "WRITTEN", "AGE"]
    rows = [
        [
            *(one.namespace, one.name, one.provider or "?", _joined(one.path)),
            _joined(one.version, _VERSION),
            *(span(since_written(one.synced, now)), span(since(one.created, now))),
            *([] if unused else [_users(one.users)]),
        ]
        for one in secrets
    ]
    return table(head if unused else [*head, "USED BY"], rows)


def _joined(text: str, characters: int | None = None) -> str:
    """The sources of a Secret, one a line as the Secret has them."""
    every = [line[:characters] or "?" for line in text.split("\n")]
    return ", ".join(every[:_SHOWN]) + _more(every)


def _users(users: list[User]) -> str:
    first = [f"{user.title} ({', '.join(user.through)})" for user in first_users(users)]
    return ", ".join(first[:_SHOWN]) + _more(first) or "nobody"


def _more(every: Sequence[str]) -> str:
    return f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""


def _as_json(one: Managed) -> dict[str, object]:
    return one._asdict() | {"users": [user._asdict() for user in one.users]}
