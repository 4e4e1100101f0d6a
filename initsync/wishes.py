"""Which Secrets the pods of a ServiceAccount sync: of manifests, or of pods that are there. Pure.

Both must have been checked (`initsync.check`).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from initsync import annotation, eligible, keys, owners, providers, rules, workloads
from initsync.errors import InvalidSetup
from initsync.model import JsonObject, PodRef
from initsync.wording import shown
from initsync.workloads import Located
from initsync.yamldocs import Scalar


class Wish(NamedTuple):
    """One Secret."""

    namespace: str
    account: str
    """The ServiceAccount's name."""
    secret_name: str
    provider: str
    path: str
    managed_by: str = ""
    """What its managed-by label says, where the pod's own container chooses that."""


def of_manifest(text: str, namespace: str) -> Iterator[Wish]:
    """Those of a manifest's workloads; `namespace` is that of objects without one.

    Raises InvalidSetup where that is needed and empty, for it is a part of whom AWS trusts; and
    where a name is none, for it becomes a part of programs.
    """
    for found in workloads.annotations(text):
        if found.name == keys.ANNOTATION and isinstance(found.value, Scalar):
            kind, own, name = found.workload
            chosen = own or namespace
            _refuse(found, f"{kind} {shown(name)}", chosen)
            yield _wish(chosen, found.account, found.value.text, found.managed_by)


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
    _refuse_owner(whose, found.managed_by)


def _refuse_owner(whose: str, managed_by: str) -> None:
    if owners.is_taken(managed_by):
        problem = f"JASM_MANAGED_BY of {whose} is {shown(managed_by)}"
        advice = "other programs mark what they make so, and the guard would let pods change it"
        raise InvalidSetup(problem, f"{advice}: choose a value of your own")


def of_pods(pods: Iterable[JsonObject]) -> Iterator[Wish]:
    """Those of pods as the API server gives them."""
    for pod in pods:
        if text := (pod["metadata"].get("annotations") or {}).get(keys.ANNOTATION):
            account = pod["spec"].get("serviceAccountName") or "default"
            managed_by = eligible.managed_by(pod)
            _refuse_owner(f"Pod {shown(pod['metadata']['name'])}", managed_by)
            yield _wish(pod["metadata"]["namespace"], account, text, managed_by)


def _wish(namespace: str, account: str, text: str, managed_by: str) -> Wish:
    request = annotation.parse(text, PodRef(namespace, "", ""), providers.names())
    source = (request.provider, request.secret_path)
    return Wish(namespace, account, request.secret_name, *source, managed_by)
