"""All about one pod: read, then judged, one line after the other."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from initsync import providers
from initsync.annotation import request as annotation
from initsync.doctor import awsidentity, cloud, podchecks, rights, secretcheck
from initsync.doctor.installation import Registered
from initsync.doctor.result import Result, Unread, attempt, failed, skipped
from initsync.kube.reads import NAMESPACES, PODS, SECRETS, Reads, Resource
from initsync.network.transport import Network
from initsync.sync import settings
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import JsonObject, PodRef, SyncRequest

_ACCOUNTS = Resource("", "serviceaccounts")
_EVENTS = Resource("", "events")


class Setting(NamedTuple):
    """What the checks rest on."""

    reads: Reads
    network: Network
    env: Mapping[str, str]
    now: float
    as_pod: bool
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
    reads, metadata = setting.reads, pod["metadata"]
    namespace = metadata["namespace"]
    yield podchecks.about(pod, setting.now)
    yield from podchecks.annotations(pod)
    around = attempt(lambda: reads.get(NAMESPACES, "", namespace))
    yield podchecks.injection(pod, around, setting.registered.injecting)
    yield from podchecks.containers(pod)
    about = f"involvedObject.uid={metadata['uid']}"
    told = attempt(lambda: list(reads.pages(_EVENTS, namespace, fields=about)))
    yield from podchecks.events(told, setting.now)
    account = pod["spec"].get("serviceAccountName", "default")
    owner = attempt(lambda: reads.get(_ACCOUNTS, namespace, account))
    request = _request(pod)
    yield from awsidentity.check(pod, owner, request.secret_path if request else "")
    if request is None:
        why = "the annotation must be valid first"
        yield from (skipped(name, why) for name in ("rights", "secret", cloud.WHO, cloud.SECRET))
        return
    yield from _of_request(setting, request, account, awsidentity.of(pod, owner))


def _of_request(
    setting: Setting, request: SyncRequest, account: str, identity: awsidentity.PodIdentity
) -> Iterator[Result]:
    reads = setting.reads
    target = rights.Target(request.namespace, account, request.secret_name)
    yield rights.check(rights.asked(reads, target), target)
    secret = attempt(lambda: reads.get(SECRETS, request.namespace, request.secret_name))
    env = {**setting.env, **identity.env}
    yield secretcheck.check(secret, request, settings.managed_by(env), setting.now)
    if setting.as_pod:
        sources = cloud.Sources(reads, setting.network)
        yield from cloud.as_pod(setting.env, request, account, identity, sources)
    else:
        yield from cloud.as_caller(setting.env, request, identity, setting.network)


def _request(pod: JsonObject) -> SyncRequest | None:
    """What the annotation asks for, where it is valid."""
    metadata = pod["metadata"]
    text = (metadata.get("annotations") or {}).get(keys.ANNOTATION, "")
    owner = PodRef(metadata["namespace"], metadata["name"], metadata["uid"])
    try:
        return annotation.parse(text, owner, providers.names(), providers.check_path)
    except AnnotationError:
        return None
