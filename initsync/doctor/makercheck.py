"""Who makes the Secret that a pod in mode `wait` waits for: workloads of its namespace."""

from collections.abc import Iterator
from typing import Any

from initsync.annotation import request
from initsync.doctor.result import Result, Unread, failed, ok, warning
from initsync.inventory.makers import MAKERS
from initsync.kube import misplaced, podfields
from initsync.kube.api import PODS
from initsync.kube.reads import Reads
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import Target
from initsync.words.wording import one_line

_SHOWN = 5
_LONG = 253  # bytes of a name


def makers(reads: Reads, target: Target) -> list[str]:
    """Those whose own pods sync it, such as `CronJob refresh`. Raises ClusterError."""
    return list(_makers(reads, target))


def _makers(reads: Reads, target: Target) -> Iterator[str]:
    for kind, resource in {**MAKERS, "Pod": PODS}.items():
        for found in reads.pages(resource, target.namespace):
            metadata = found["metadata"]
            pod = misplaced.template(kind, found)
            if not metadata.get("ownerReferences") and _makes(pod, target.secret_name):
                yield f"{kind} {one_line(metadata['name'], _LONG)}"


def _makes(pod: Any, secret: str) -> bool:
    whole = {"metadata": pod.get("metadata") or {}}
    if not podfields.asks(whole) or podfields.waits(whole):
        return False
    try:
        return secret in request.asked(whole["metadata"]["annotations"][keys.ANNOTATION])
    except AnnotationError:
        return False


def check(found: list[str] | Unread, target: Target, *, missing: bool) -> Result:
    """`missing`: the Secret is not there."""
    if isinstance(found, Unread):
        return found.result("maker")
    what = f"Secret {target.secret_name}"
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        listed = f"{', '.join(found[:_SHOWN])}{more}"
        if missing:
            advice = f"see why that did not: kubectl -n {target.namespace} get cronjobs,jobs,pods"
            return warning("maker", f"{what} is made by {listed}", advice)
        return ok("maker", f"{what} is made by {listed}")
    said = f"nothing in namespace {target.namespace} asks for {what} but pods that wait for it"
    if missing:
        return failed("maker", said, "initsync manifest --cronjob prints what makes it")
    return warning("maker", said, "it stays as it is, whatever changes at the provider")
