"""All about JASM in the cluster, and about the pods of a namespace that ask: read, then judged."""

import datetime
from collections.abc import Iterator
from functools import partial

from initsync import __version__
from initsync.doctor import installation, podchecks
from initsync.doctor.installation import Objects, Registered, ServiceRef
from initsync.doctor.result import Result, Unread, attempt, failed, ok, skipped
from initsync.inventory import registrations, why
from initsync.inventory.makers import MAKERS, Makers
from initsync.inventory.missed import Missed, never_asked
from initsync.kube import podfields
from initsync.kube.api import PODS, SECRETS, Resource
from initsync.kube.reads import NAMESPACES, REGISTRATIONS, Reads
from initsync.words.model import JsonObject

_GUARDS = Resource(REGISTRATIONS, "validatingadmissionpolicies")
_GUARD_BINDINGS = Resource(REGISTRATIONS, "validatingadmissionpolicybindings")
_DEPLOYMENTS = Resource("apps", "deployments")
_SLICES = Resource("discovery.k8s.io", "endpointslices")


def registered(reads: Reads) -> Registered:
    """Everything in the cluster that injects into pods."""
    every = attempt(lambda: registrations.webhooks(reads))
    return Registered(
        every if isinstance(every, Unread) else why.webhooks(every),
        attempt(lambda: registrations.policies(reads)),
        attempt(lambda: registrations.bindings(reads)),
        () if isinstance(every, Unread) else tuple(why.others(every)),
    )


def checks(reads: Reads, found: Registered, pod: JsonObject | None, now: float) -> Iterator[Result]:
    """What the platform team installed; `pod` is the one that is asked about."""
    hooks, policies, *_ = found
    yield installation.registration(found, needed=not (pod and podfields.served(pod)))
    to = installation.service(hooks)
    deployments = _ours(reads, _DEPLOYMENTS, to.namespace if to else "")
    if to:
        label = f"kubernetes.io/service-name={to.name}"
        slices = attempt(lambda: list(reads.pages(_SLICES, to.namespace, labels=label)))
        yield installation.endpoints(to, slices)
        yield _certificate(reads, hooks, deployments, to, now)
    elif installation.entries(hooks):
        yield skipped("injector", "the webhook leads to a URL and not to a Service")
    yield installation.guard(_ours(reads, _GUARDS), _ours(reads, _GUARD_BINDINGS))
    yield installation.versions(deployments, policies, pod, __version__)


def _ours(reads: Reads, resource: Resource, namespace: str = "") -> Objects:
    """The objects that carry JASM's label."""
    return attempt(lambda: list(reads.pages(resource, namespace, labels=registrations.LABELS)))


def _certificate(
    reads: Reads, hooks: Objects, deployments: Objects, to: ServiceRef, now: float
) -> Result:
    try:
        from initsync.doctor import certificate  # cryptography: for this check alone
    except ImportError:
        return skipped("certificate", "reading it needs the package cryptography")
    name = installation.certificate_secret(deployments, to)
    secret = attempt(lambda: reads.get(SECRETS, to.namespace, name))
    bundles = {hook["clientConfig"].get("caBundle") for hook in installation.entries(hooks)}
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    return certificate.check(secret, [one for one in bundles if one], to, moment)


def workloads(reads: Reads, namespace: str) -> Iterator[Result]:
    """Each of the namespace that asks, and whose pods do not. The first kind that may not be read
    ends it, for the others mostly may not either."""
    told = False
    for kind in MAKERS:
        found = attempt(partial(_never_asked, reads, kind, namespace))
        if isinstance(found, Unread):
            yield found.result("workloads")
            return
        told = told or bool(found)
        yield from _told(found)
    if not told:
        yield ok("workloads", f"none in namespace {namespace} asks, while its pods do not")


def _told(found: list[Missed]) -> Iterator[Result]:
    for one in found:
        yield failed("workloads", f"{one.owner}: {one.why}", exit_code=3)


def _never_asked(reads: Reads, kind: str, namespace: str) -> list[Missed]:
    return list(never_asked(kind, reads.pages(MAKERS[kind], namespace)))


def pods(reads: Reads, registered: Registered, namespace: str) -> Iterator[Result]:
    """Each pod of the namespace that asks for a secret and has a fault that its own state tells."""
    around = attempt(partial(reads.get, NAMESPACES, "", namespace))
    found = attempt(lambda: list(reads.pages(PODS, namespace)))
    if isinstance(found, Unread):
        yield found.result("pods")
        return
    asking = [pod for pod in found if podfields.asks(pod)]
    known, makers, bad = registered.injecting, Makers(reads), 0
    for pod in asking:
        made_of = podchecks.made_of(pod, makers.template)
        lines = [*podchecks.annotations(pod), podchecks.injection(pod, around, known, made_of)]
        lines += podchecks.containers(pod)
        wrong = [one for one in lines if one.status in ("failed", "warning")]
        bad += bool(wrong)
        for one in wrong:
            yield one._replace(check="pods", message=f"{pod['metadata']['name']}: {one.message}")
    said = f"{len(asking)} of {len(found)} in namespace {namespace} ask for a secret"
    yield ok("pods", f"{said}, {bad} with a fault" if asking else said)
