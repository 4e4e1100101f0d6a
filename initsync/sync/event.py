"""The Event on a pod that tells what came of its sync. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

from typing import NamedTuple

from initsync.words.model import JsonObject, PodRef
from initsync.words.times import timestamp
from initsync.words.wording import one_line

MESSAGE_LIMIT = 1024
"""Bytes of an Event's message (k8s.io/kubernetes pkg/apis/core/validation/events.go)."""
_NAME_LIMIT = 253


class EventSource(NamedTuple):
    """Who reports: shown by `kubectl describe pod` in the column From."""

    component: str
    host: str = ""
    """The name of the node."""
    field_path: str = ""
    """The part of the pod, such as `spec.initContainers{jasm-init}`."""


def event(
    pod: PodRef,
    reason: str,
    message: str,
    *,
    warning: bool,
    now: float,
    reporter: EventSource,
    first: float | None = None,
    count: int = 1,
) -> JsonObject:
    """A core/v1 Event on `pod` (D12). `count` times, since `first`; by default now."""
    suffix = f".{int(now * 1e9):x}"
    source = {"component": reporter.component, "host": reporter.host}
    involved = {
        "apiVersion": "v1",
        "kind": "Pod",
        "namespace": pod.namespace,
        "name": pod.name,
        "uid": pod.uid,
        "fieldPath": reporter.field_path,
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": pod.name[: _NAME_LIMIT - len(suffix)] + suffix,
            "namespace": pod.namespace,
        },
        "involvedObject": {key: value for key, value in involved.items() if value},
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "message": one_line(message, MESSAGE_LIMIT),
        "firstTimestamp": timestamp(now if first is None else first),
        "lastTimestamp": timestamp(now),
        "count": count,
        "source": {key: value for key, value in source.items() if value},
        "reportingComponent": reporter.component,
        "reportingInstance": pod.name,
    }
