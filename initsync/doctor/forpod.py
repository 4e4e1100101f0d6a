"""All about one pod: read, then judged, one line after the other."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from initsync import providers
from initsync.annotation import onchange
from initsync.annotation.request import parse
from initsync.doctor import (
    configmaps,
    diagnoses,
    makercheck,
    podchecks,
    rights,
    secretcheck,
)
from initsync.doctor.diagnoses import Asker, Patient
from initsync.doctor.installation import Registered
from initsync.doctor.result import Result, Unread, attempt, failed, skipped
from initsync.inventory.makers import Makers
from initsync.kube import podfields
from initsync.kube.api import EVENTS, PODS, SECRETS, Resource
from initsync.kube.reads import CONFIG_MAPS, NAMESPACES, Reads
from initsync.sync import settings
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import JsonObject, PodRef, SyncRequest, Target, targets

_ACCOUNTS = Resource("", "serviceaccounts")


class Setting(NamedTuple):
    """What the checks rest on."""

    asker: Asker
    now: float
    registered: Registered


def read(reads: Reads, namespace: str, name: str) -> JsonObject | Result:
    """The pod, or the line that says why there is nothing to check."""
    pod = attempt(lambda: reads.get(PODS, namespace, name))
    if isinstance(pod, Unread):
        return failed("pod", pod.why)
    if pod is None:
        advice = f"see kubectl -n {namespace} get pods"
        return failed("pod", f"there is no pod {namespace}/{name}", advice)
    return pod


def checks(setting: Setting, pod: JsonObject) -> Iterator[Result]:
    """Everything about a pod that is there."""
    reads, metadata = setting.asker.reads, pod["metadata"]
    namespace = metadata["namespace"]
    yield podchecks.about(pod, setting.now)
    yield from podchecks.annotations(pod)
    around = attempt(lambda: reads.get(NAMESPACES, "", namespace))
    made_of = podchecks.made_of(pod, Makers(reads).template)
    yield podchecks.injection(pod, around, setting.registered.injecting, made_of)
    yield from podchecks.containers(pod)
    yield from configmaps.checks(
        pod, lambda name: attempt(lambda: reads.get(CONFIG_MAPS, namespace, name))
    )
    about = f"involvedObject.uid={metadata['uid']}"
    told = attempt(lambda: list(reads.pages(EVENTS, namespace, fields=about)))
    requests = _requests(pod)
    several = len(targets(requests)) > 1
    yield from podchecks.events(told, setting.now, several=several)
    account = pod["spec"].get("serviceAccountName", "default")
    found = Patient(pod, attempt(lambda: reads.get(_ACCOUNTS, namespace, account)))
    if not requests:
        why = "the annotation must be valid first"
        of_request = (diagnoses.IDENTITY, "rights", "secret", diagnoses.WHO, diagnoses.SECRET)
        yield from (skipped(name, why) for name in of_request)
        return
    if podfields.waits(pod):
        yield from _of_others(setting, requests)
        return
    yield from diagnoses.identity(requests, found)
    for target in targets(requests):
        yield from _of_secret(setting, target, account, found)
    yield from diagnoses.asked(setting.asker, requests, found)


def _of_secret(setting: Setting, target: Target, account: str, found: Patient) -> Iterator[Result]:
    reads = setting.asker.reads
    said = found.pod["metadata"].get("annotations") or {}
    evicts = said.get(keys.ON_CHANGE) == onchange.EVICT
    needed = rights.Target(target.namespace, account, target.secret_name, evicts)
    yield rights.check(rights.asked(reads, needed), needed)
    secret = attempt(lambda: reads.get(SECRETS, target.namespace, target.secret_name))
    env = {**setting.asker.env, **podfields.variables(podfields.ours(found.pod) or {})}
    yield secretcheck.check(secret, target, settings.managed_by(env), setting.now)


def _of_others(setting: Setting, requests: Sequence[SyncRequest]) -> Iterator[Result]:
    """Check the Secrets of a pod in mode `wait`, and who makes them."""
    reads = setting.asker.reads
    nobody = f"with {keys.MODE}: {keys.WAIT} the pod needs none, others sync for it"
    yield from (skipped(name, nobody) for name in (diagnoses.IDENTITY, "rights"))
    owners = settings.managed_by(setting.asker.env)
    for target in targets(requests):
        secret = attempt(partial(reads.get, SECRETS, target.namespace, target.secret_name))
        yield secretcheck.check(secret, target, owners, setting.now, waits=True)
        makers = attempt(partial(makercheck.makers, reads, target))
        yield makercheck.check(makers, target, missing=secret is None)
    yield from (skipped(name, nobody) for name in (diagnoses.WHO, diagnoses.SECRET))


def _requests(pod: JsonObject) -> tuple[SyncRequest, ...]:
    """What the annotation asks for, where it is valid."""
    metadata = pod["metadata"]
    text = (metadata.get("annotations") or {}).get(keys.ANNOTATION, "")
    owner = PodRef(metadata["namespace"], metadata["name"], metadata["uid"])
    try:
        return parse(text, owner, providers)
    except AnnotationError:
        return ()
