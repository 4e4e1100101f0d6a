"""Which Secrets the pods of a ServiceAccount sync: of manifests, or of pods that are there. Pure.

Manifests must have been checked (`initsync.manifests.check`).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from initsync import providers
from initsync.annotation import check, onchange
from initsync.annotation.request import parse
from initsync.kube import podfields
from initsync.manifests import workloads
from initsync.manifests.sources import Sources
from initsync.manifests.tree import ScalarNode
from initsync.manifests.workloads import Located, Workload
from initsync.permissions import owners
from initsync.words import keys, rules
from initsync.words.errors import InvalidSetup, JasmError
from initsync.words.model import JsonObject, PodRef, SyncRequest, targets
from initsync.words.wording import shown


class RequestedSecret(NamedTuple):
    """One source of one Secret."""

    namespace: str
    account: str
    """The name of the ServiceAccount."""
    secret_name: str
    provider: str
    path: str
    managed_by: str = ""
    """What its managed-by label says, where the pod's own container chooses that."""
    options: tuple[tuple[str, str], ...] = ()
    """What the entry's fields say that its provider alone has, sorted by name."""
    labels: tuple[str, ...] = ()
    """Names of those that the entry puts onto the Secret, sorted."""
    annotations: tuple[str, ...] = ()
    """Names of the annotations that the entry puts onto the Secret, sorted."""
    evicts: bool = False
    """Whether the pod evicts itself once a sync has found another value."""


class Order(NamedTuple):
    """What one workload asks for."""

    namespace: str
    account: str
    """The name of the ServiceAccount."""
    managed_by: str
    """As `managed_by` of `RequestedSecret`."""
    requests: tuple[SyncRequest, ...]
    only_syncs: bool
    """Its pods do nothing else: what they ask for others use."""
    waits: bool = False
    """Its pods ask nobody: others sync for them."""
    evicts: bool = False
    """As `evicts` of `RequestedSecret`."""


def of_manifest(
    text: str, namespace: str, waiting: Callable[[str], None] = lambda _: None
) -> Iterator[RequestedSecret]:
    """The Secrets of a manifest's workloads; `waiting` gets what `Read.waiting` is made of.

    Raises as `orders` does.
    """
    for found in orders(text, namespace):
        if found.waits:
            waiting(_waits(found.namespace, found.account))
        else:
            by, evicts = found.managed_by, found.evicts
            yield from of_requests(found.requests, found.account, by, evicts=evicts)


def orders(text: str, namespace: str) -> Iterator[Order]:
    """The orders of a manifest's workloads; `namespace` is that of objects without one.

    Raises InvalidSetup where that is needed and empty, for it is a part of whom AWS trusts; and
    where a name is none, for it becomes a part of programs.
    """
    for found in workloads.annotations(text):
        if found.name == keys.ANNOTATION and isinstance(found.value, ScalarNode):
            kind, own, name = found.workload
            chosen = own or namespace
            _refuse(found, f"{kind} {shown(name)}", chosen)
            requests = _requests(chosen, found.value.text)
            yield Order(
                *(chosen, found.account, found.managed_by, requests),
                only_syncs=podfields.only_syncs(found.pod["spec"]),
                waits=podfields.waits(found.pod),
                evicts=_evicts(found.pod),
            )


def _waits(namespace: str, account: str) -> str:
    return (
        f"ServiceAccount {namespace}/{account}: its pods in mode {keys.WAIT} need no rights, "
        "neither on Secrets nor in a cloud"
    )


def _refuse(found: Located, whose: str, namespace: str) -> None:
    for what, given in found.unquoted.items():
        problem = f"{what} of {whose} is {given}, which is no string to YAML"
        raise InvalidSetup(problem, "put it in quotes")
    if not namespace:
        advice = "write it into the manifest, or give -n NAMESPACE"
        raise InvalidSetup(f"{whose} has no namespace", advice)
    if rule := rules.label_problem(namespace):
        raise InvalidSetup(f"namespace of {whose} is {shown(namespace)}", f"it {rule}")
    if rule := rules.name_problem(found.account):
        raise InvalidSetup(f"serviceAccountName of {whose} is {shown(found.account)}", f"it {rule}")
    if owned := _owner_problem(found.managed_by):
        raise InvalidSetup(whose, str(owned))


def _owner_problem(managed_by: str) -> InvalidSetup | None:
    if rules.label_value_problem(managed_by):
        advice = "set it to letters, digits and '-_.', at most 63"
        problem = f"JASM_MANAGED_BY is {shown(managed_by)}, which no label can be"
        return InvalidSetup(problem, advice)
    if not owners.is_taken(managed_by):
        return None
    advice = "other programs mark what they make so, and the guard would let pods change it"
    problem = f"JASM_MANAGED_BY is {shown(managed_by)}"
    return InvalidSetup(problem, f"{advice}: choose a value of your own")


class Read(NamedTuple):
    """What pods that are there ask for."""

    secrets: list[RequestedSecret]
    problems: list[str]
    """A sentence for each that kept a pod's secrets out."""
    conflicts: list[str]
    """A sentence for each conflict that `Sources` finds."""
    waiting: list[str]
    """A sentence for each ServiceAccount whose pods ask for nothing: others sync for them."""


def of_pods(pods: Iterable[JsonObject]) -> Read:
    """The Secrets of pods that are there. One with a problem stops no other, and the same problem
    of many pods is told once, as is what another Deployment's pods do.
    """
    found: list[RequestedSecret] = []
    sources, told = Sources(), set[tuple[str, str]]()
    problems: dict[str, str] = {}
    waiting: dict[str, None] = {}
    for pod in pods:
        metadata = pod["metadata"]
        if wrong := [str(error) for error in _wrong(pod)]:
            whose = f"Pod {metadata['namespace']}/{metadata['name']}"
            for sentence in wrong:
                problems.setdefault(sentence, f"{whose}: {sentence}")
        elif text := (metadata.get("annotations") or {}).get(keys.ANNOTATION):
            account = pod["spec"].get("serviceAccountName") or "default"
            if podfields.waits(pod):
                waiting[_waits(metadata["namespace"], account)] = None
                continue
            workload = Workload("Pod", metadata["namespace"], metadata["name"])
            requests = _requests(workload.namespace, text)
            by = podfields.managed_by(pod)
            found += of_requests(requests, account, by, evicts=_evicts(pod))
            for target in () if (workload.namespace, text) in told else targets(requests):
                sources.conflict(target, workload)
            told.add((workload.namespace, text))
    return Read(found, [*problems.values()], sources.conflicts, [*waiting])


def _wrong(pod: JsonObject) -> Iterator[JasmError]:
    annotations = pod["metadata"].get("annotations") or {}
    if keys.ANNOTATION not in annotations:
        return
    yield from check.problems(annotations, providers)
    if problem := _owner_problem(podfields.managed_by(pod)):
        yield problem


def _requests(namespace: str, text: str) -> tuple[SyncRequest, ...]:
    return parse(text, PodRef(namespace, "", ""), providers)


def _evicts(pod: JsonObject) -> bool:
    return (pod["metadata"].get("annotations") or {}).get(keys.ON_CHANGE) == onchange.EVICT


def of_requests(
    requests: Iterable[SyncRequest], account: str, managed_by: str, *, evicts: bool = False
) -> Iterator[RequestedSecret]:
    """The Secrets that one annotation's entries ask for."""
    for request in requests:
        source = (request.provider, request.secret_path)
        yield RequestedSecret(
            *(request.namespace, account, request.secret_name, *source),
            managed_by=managed_by,
            options=request.selection.options,
            labels=_names(request.form.labels),
            annotations=_names(request.form.annotations),
            evicts=evicts,
        )


def _names(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted(name for name, _ in pairs))
