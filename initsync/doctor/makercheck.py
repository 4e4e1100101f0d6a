"""Who makes the Secret that a pod in mode `wait` waits for: workloads of its namespace."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from initsync.annotation import request
from initsync.doctor.result import Result, Unread, failed, ok, warning
from initsync.inventory.makers import MAKERS
from initsync.kube import misplaced, podfields
from initsync.kube.api import PODS
from initsync.kube.reads import Reads
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import JsonObject, Target
from initsync.words.wording import one_line

_SHOWN = 5
_LONG = 253  # bytes of a name


class Maker(NamedTuple):
    """A workload whose own pods sync the Secret."""

    name: str
    """The maker's kind and name, such as `CronJob refresh`."""
    rests: str = ""
    """Why it makes no pods: `suspended` or `0 replicas`; empty where it does."""

    def __str__(self) -> str:
        return f"{self.name} ({self.rests})" if self.rests else self.name


def makers(reads: Reads, target: Target) -> list[Maker]:
    """The objects of the namespace that make these Secrets. Raises ClusterError."""
    return list(_makers(reads, target))


def _makers(reads: Reads, target: Target) -> Iterator[Maker]:
    for kind, resource in {**MAKERS, "Pod": PODS}.items():
        for found in reads.pages(resource, target.namespace):
            metadata = found["metadata"]
            pod = misplaced.template(kind, found)
            if not metadata.get("ownerReferences") and _makes(pod, target.secret_name):
                yield Maker(f"{kind} {one_line(metadata['name'], _LONG)}", _rests(found))


def _rests(workload: JsonObject) -> str:
    spec = workload.get("spec") or {}
    if spec.get("suspend"):  # of a CronJob and of a Job
        return "suspended"
    return "0 replicas" if spec.get("replicas") == 0 else ""


def _makes(pod: Any, secret: str) -> bool:
    whole = {"metadata": pod.get("metadata") or {}}
    if not podfields.asks(whole) or podfields.waits(whole):
        return False
    try:
        return secret in request.asked(whole["metadata"]["annotations"][keys.ANNOTATION])
    except AnnotationError:
        return False


def check(found: list[Maker] | Unread, target: Target, *, missing: bool) -> Result:
    """`missing`: the Secret is not there."""
    if isinstance(found, Unread):
        return found.result("maker")
    what = f"Secret {target.secret_name}"
    if found:
        return _made(f"{what} is made by {_listed(found)}", found, target, missing=missing)
    said = f"nothing in namespace {target.namespace} asks for {what} but pods that wait for it"
    if missing:
        return failed("maker", said, "initsync manifest --cronjob prints what makes it")
    return warning("maker", said, "it stays as it is, whatever changes at the provider")


def _listed(found: list[Maker]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{', '.join(map(str, found[:_SHOWN]))}{more}"


def _made(said: str, found: list[Maker], target: Target, *, missing: bool) -> Result:
    if all(it.rests for it in found):
        if missing:
            return failed("maker", said, "nothing makes it before that goes on: resume or scale it")
        return warning("maker", said, "until that goes on, no new value comes from the provider")
    if missing:
        advice = f"see why that did not: kubectl -n {target.namespace} get cronjobs,jobs,pods"
        return warning("maker", said, advice)
    return ok("maker", said)
