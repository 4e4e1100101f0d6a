"""Which Secrets the pods of a ServiceAccount sync: of manifests, or of pods that are there. Pure.

Both must have been checked (`initsync.check`).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from initsync import annotation, keys, providers, rules, workloads
from initsync.errors import InvalidSetup
from initsync.model import JsonObject, PodRef
from initsync.wording import shown
from initsync.yamldocs import Scalar


class Wish(NamedTuple):
    """One Secret."""

    namespace: str
    account: str
    """The ServiceAccount's name."""
    secret_name: str
    provider: str
    path: str


def of_manifest(text: str, namespace: str) -> Iterator[Wish]:
    """Those of a manifest's workloads; `namespace` is that of objects without one.

    Raises InvalidSetup where that is needed and empty, for it is a part of whom AWS trusts; and
    where a name is none, for it becomes a part of programs.
    """
    for found in workloads.annotations(text):
        if found.name == keys.ANNOTATION and isinstance(found.value, Scalar):
            kind, own, name = found.workload
            chosen, whose = own or namespace, f"{kind} {shown(name)}"
            if not chosen:
                advice = "write it into the manifest, or give -n NAMESPACE"
                raise InvalidSetup(f"{whose} has no namespace", advice)
            for what, given in {"namespace": chosen, "serviceAccountName": found.account}.items():
                if rule := rules.name_problem(given):
                    raise InvalidSetup(f"{what} of {whose} is {shown(given)}", f"it {rule}")
            yield _wish(chosen, found.account, found.value.text)


def of_pods(pods: Iterable[JsonObject]) -> Iterator[Wish]:
    """Those of pods as the API server gives them."""
    for pod in pods:
        if text := (pod["metadata"].get("annotations") or {}).get(keys.ANNOTATION):
            account = pod["spec"].get("serviceAccountName") or "default"
            yield _wish(pod["metadata"]["namespace"], account, text)


def _wish(namespace: str, account: str, text: str) -> Wish:
    request = annotation.parse(text, PodRef(namespace, "", ""), providers.names())
    return Wish(namespace, account, request.secret_name, request.provider, request.secret_path)
