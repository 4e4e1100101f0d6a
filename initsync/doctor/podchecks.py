"""The pod's annotations, whether it was injected, and what became of its containers. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from initsync import providers
from initsync.annotation import check, choices, request
from initsync.doctor.result import (
    Result,
    Stored,
    Unread,
    attempt,
    failed,
    failure,
    ok,
    skipped,
    warning,
)
from initsync.injection.choices import ignored, of
from initsync.inventory.late import Template
from initsync.inventory.why import Injecting, Labels, why
from initsync.kube import place, podfields, secretuse
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import OPAQUE, JsonObject, PodRef, types
from initsync.words.times import since, span

_CODES = (2, 3, 4, 5)
"""The failure table's: any other is the kernel's or the kubelet's."""
_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_ONE_SYNC, _EVENTS = 5.0, 10
"""Seconds within which the Events of one sync are posted, and how many of them are told."""
_CREATION = ("CreateContainerConfigError", "CreateContainerError")


def about(pod: JsonObject, now: float) -> Result:
    """Say that the pod is there, its phase, its age and its ServiceAccount."""
    metadata, spec = pod["metadata"], pod["spec"]
    phase = (pod.get("status") or {}).get("phase", "Unknown")
    age = span(since(metadata.get("creationTimestamp", ""), now))
    account = spec.get("serviceAccountName", "default")
    who = f"{metadata['namespace']}/{metadata['name']}"
    return ok("pod", f"{who} is {phase}, made {age} ago, ServiceAccount {account}")


def annotations(pod: JsonObject) -> Iterator[Result]:
    """Judge the pod's annotations by the sentences of `initsync check`; at least one line."""
    found = pod["metadata"].get("annotations") or {}
    wrong = [
        failure("annotation", error)
        for error in check.problems(found, providers)
        if error.name not in choices.NAMES
    ]
    wrong += [warning("annotation", said) for said in (*ignored(pod, of(pod)), *_vain(pod))]
    yield from wrong
    if keys.ANNOTATION not in found:
        advice = "add it to the pod template of the workload"
        yield failed("annotation", f"the pod has none named {keys.ANNOTATION}", advice, 3)
    elif not wrong:
        yield ok("annotation", "valid")


def _vain(pod: JsonObject) -> Iterator[str]:
    """Who in the pod can never see the Secret, where the annotation says which."""
    text = (pod["metadata"].get("annotations") or {}).get(keys.ANNOTATION, "")
    try:
        asked = _types(text)
    except AnnotationError:
        return  # told as such
    before, waits = place.earlier(pod), podfields.waits(pod)
    yield from secretuse.problems(pod["spec"], asked, before, waits=waits)


def _types(text: str) -> dict[str, str]:
    """The types of the Secrets that the annotation asks for. Raises AnnotationError."""
    try:
        return types(request.parse(text, PodRef("", "", ""), providers))
    except AnnotationError:
        return dict.fromkeys(request.asked(text), OPAQUE)


def made_of(pod: JsonObject, template: Callable[[JsonObject], Template | None]) -> Template | None:
    """The template of a pod that asks and was missed, where that can be read."""
    if not podfields.asks(pod) or podfields.served(pod):
        return None
    found = attempt(lambda: template(pod))
    return None if isinstance(found, Unread) else found


def injection(
    pod: JsonObject,
    namespace: Stored,
    known: Sequence[Injecting] | None,
    made_of: Template | None,
) -> Result:
    """Whether `jasm-init` is in the pod, and why not; `known` is all that injects, where read.
    `made_of` is its template, where known."""
    if podfields.served(pod):
        version = (pod["metadata"].get("annotations") or {}).get(keys.INJECTED)
        by = f"by the injector {version}" if version else "by hand"
        name = keys.WAITER if podfields.waits(pod) else keys.CONTAINER
        return ok("injection", f"{name} is in the pod, {by}")
    if not podfields.asks(pod):
        return skipped("injection", "the pod does not ask for it")
    reason = why(pod, labels_of(namespace), known, made_of)
    unsure = ""
    if isinstance(namespace, Unread):
        unsure = f" (the namespace was not read: {namespace.why})"
    return failed("injection", f"{keys.CONTAINER} is not in the pod: {reason}{unsure}")


def labels_of(namespace: Stored) -> Labels:
    """The labels of a namespace, or None where it was not read."""
    if namespace is None or isinstance(namespace, Unread):
        return None
    return namespace["metadata"].get("labels") or {}


def containers(pod: JsonObject) -> Iterator[Result]:
    """What became of `jasm-init`, of `jasm-wait`, and of others that wait for a Secret."""
    status = pod.get("status") or {}
    every = {
        found["name"]: found
        for part in ("initContainerStatuses", "containerStatuses")
        for found in status.get(part) or []
    }
    ours = podfields.ours(pod)
    own = ours["name"] if ours else keys.CONTAINER
    if ours and own not in every:
        yield _not_begun(status)
    for name, found in every.items():
        if name in (own, keys.WAITER):
            yield container(found)
        elif (waiting := found["state"].get("waiting") or {}).get("reason") in _CREATION:
            said = f"{name} waits: {waiting['reason']}, {_line(waiting.get('message'))}"
            yield failed("container", said)


def _not_begun(status: Mapping[str, Any]) -> Result:
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            said = f"the pod has no node: {_line(condition.get('message'))}"
            return warning("container", said, "this is not about secrets")
    return skipped("container", f"the kubelet has not begun with {keys.CONTAINER} yet")


def container(found: Mapping[str, Any]) -> Result:
    """What its status says: of the last failure, the container's own last line."""
    name, state = found["name"], found["state"]
    times = found.get("restartCount", 0)
    restarts = f", {times} restart{'' if times == 1 else 's'}" if times else ""
    ended = state.get("terminated")
    if ended and ended["exitCode"] == 0:
        return ok("container", f"{name} ended well{restarts}")
    waiting = state.get("waiting") or {}
    last = ended or (found.get("lastState") or {}).get("terminated")
    if "running" in state:
        if last and last["exitCode"]:
            return warning("container", f"{name} runs again{restarts}; before: {_ended(last)}")
        return ok("container", f"{name} runs{restarts}")
    if last:
        return _failed(name, waiting.get("reason", ""), restarts, last)
    reason = waiting.get("reason", "unknown")
    if reason in (*_IMAGE, *_CREATION):
        return failed("container", f"{name} waits: {reason}, {_line(waiting.get('message'))}")
    return skipped("container", f"{name} has not started yet ({reason})")


def _failed(name: str, reason: str, restarts: str, last: Mapping[str, Any]) -> Result:
    code = last["exitCode"] if last["exitCode"] in _CODES else 5
    now = f", now {reason}" if reason else ""
    killed = last.get("reason") == "OOMKilled"
    advice = f"give it more by the annotation {keys.MEMORY}" if killed else ""
    return failed("container", f"{name} failed{restarts}{now}: {_ended(last)}", advice, code)


def _ended(last: Mapping[str, Any]) -> str:
    said = _line(last.get("message"))
    reason = (
        f" ({last['reason']})" if last.get("reason") not in (None, "Error", "Completed") else ""
    )
    return f"exit code {last['exitCode']}{reason}" + (f", it said: {said}" if said else "")


def _line(text: str | None) -> str:
    """The last one: it is the sentence that a person needs (D9)."""
    return (text or "").strip().rpartition("\n")[2].strip()


def events(
    found: Iterable[JsonObject] | Unread, now: float, *, several: bool = False
) -> Iterator[Result]:
    """JASM's newest, and the newest warning of others; of `several` Secrets JASM's of one sync."""
    if isinstance(found, Unread):
        yield found.result("events")
        return
    newest = sorted(found, key=_time, reverse=True)
    ours = [one for one in newest if _component(one) in (keys.CONTAINER, "initsync")]
    others = [one for one in newest if one not in ours and one.get("type") == "Warning"]
    if not ours:
        yield skipped("events", "none of JASM on the pod (a cluster keeps them for an hour)")
    for one in (*(_of_one_sync(ours) if several else ours[:1]), *others[:1]):
        told = warning if one.get("type") == "Warning" else ok
        times = f", {one['count']} times" if (one.get("count") or 1) > 1 else ""
        when = f"{span(since(_time(one), now))} ago{times}"
        by = _component(one) or "?"
        yield told("events", f"{by}, {when}: {one['reason']}: {_line(one.get('message'))}")


def _of_one_sync(newest: Sequence[JsonObject]) -> Iterator[JsonObject]:
    """The Events of the last sync: for several Secrets there is one for all that went well, and
    one for each that did not, posted one after the other.
    """
    told = set[tuple[str, str]]()
    for one in newest:
        said = one["reason"], _line(one.get("message"))
        apart = since(_time(one), 0) - since(_time(newest[0]), 0)
        if not told or (said not in told and apart <= _ONE_SYNC and len(told) < _EVENTS):
            told.add(said)
            yield one


def _component(event: Mapping[str, Any]) -> str:
    named = (event.get("source") or {}).get("component") or event.get("reportingComponent")
    return str(named or "")


def _time(event: Mapping[str, Any]) -> str:
    """RFC 3339 in UTC, which sorts as text."""
    named = event.get("lastTimestamp") or event.get("eventTime")
    return str(named or event["metadata"].get("creationTimestamp") or "")
