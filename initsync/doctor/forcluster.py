"""All about JASM in the cluster, and about the pods of a namespace that ask: read, then judged."""

import datetime
from collections.abc import Iterator
from functools import partial

from initsync import __version__
from initsync.doctor import installation, podchecks
from initsync.doctor.installation import Objects, Registered, ServiceRef
from initsync.doctor.result import Result, Unread, attempt, ok, skipped
from initsync.inventory import registrations
from initsync.kube import podfields
from initsync.kube.api import PODS, SECRETS, Resource
from initsync.kube.reads import NAMESPACES, Reads
from initsync.words.model import JsonObject

_GUARDS = Resource(registrations.GROUP, "validatingadmissionpolicies")
_GUARD_BINDINGS = Resource(registrations.GROUP, "validatingadmissionpolicybindings")
_DEPLOYMENTS = Resource("apps", "deployments")
_SLICES = Resource("discovery.k8s.io", "endpointslices")


def registered(reads: Reads) -> Registered:
    """All that injects."""
    return Registered(
        attempt(lambda: registrations.webhooks(reads)),
        attempt(lambda: registrations.policies(reads)),
        attempt(lambda: registrations.bindings(reads)),
    )


def checks(reads: Reads, found: Registered, pod: JsonObject | None, now: float) -> Iterator[Result]:
    """What the platform team installed; `pod` is the one that is asked about."""
    hooks, policies, _ = found
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
    """Those with JASM's label."""
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


def pods(reads: Reads, registered: Registered, namespace: str) -> Iterator[Result]:
    """Each pod of the namespace that asks for a secret and has a fault that its own state tells."""
    around = attempt(partial(reads.get, NAMESPACES, "", namespace))
    found = attempt(lambda: list(reads.pages(PODS, namespace)))
    if isinstance(found, Unread):
        yield found.result("pods")
        return
    asking = [pod for pod in found if podfields.asks(pod)]
    known, bad = registered.injecting, 0
    for pod in asking:
        lines = [*podchecks.annotations(pod), podchecks.injection(pod, around, known)]
        lines += podchecks.containers(pod)
        wrong = [one for one in lines if one.status in ("failed", "warning")]
        bad += bool(wrong)
        for one in wrong:
            yield one._replace(check="pods", message=f"{pod['metadata']['name']}: {one.message}")
    said = f"{len(asking)} of {len(found)} in namespace {namespace} ask for a secret"
    yield ok("pods", f"{said}, {bad} with a fault" if asking else said)
