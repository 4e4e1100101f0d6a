"""Whether a pod's annotation was changed after its container had started. Pure.

As far as the API server tells: with each change it keeps who made it and when, in whole seconds.
The time of an entry moves with every field that its manager changes, so that a change may be
earlier than it says; and whoever may edit the pod may take the entries away.
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from initsync.kube import podfields
from initsync.words import keys
from initsync.words.model import JsonObject
from initsync.words.wording import shown


class Edit(NamedTuple):
    """The annotation's last change; times are RFC 3339 in UTC, as the API server writes them."""

    at: str
    manager: str
    """The program that made it, such as `kubectl-annotate`, as that calls itself."""
    started: str
    """When the pod's container of ours last started; without one, when the pod was made."""

    def __str__(self) -> str:
        return (
            f"annotation {keys.ANNOTATION} was changed at {self.at} by {shown(self.manager)}, "
            f"after the pod had started with it at {self.started}: what it asks for now is fetched "
            "with your own cloud identity, not with the pod's"
        )


def of(pod: JsonObject) -> Edit | None:
    """The change that the container has not seen when it started, where there is one."""
    metadata = pod["metadata"]
    owners = [found for found in metadata.get("managedFields") or [] if _has_annotation(found)]
    if not owners:
        return None
    # Who owns it has set the present value, so it is no younger than the oldest entry.
    at, manager = min((found.get("time", ""), found.get("manager", "")) for found in owners)
    started = max(metadata.get("creationTimestamp") or "", *_starts(pod), "")
    return Edit(at, manager, started) if at > started else None


def _has_annotation(entry: Mapping[str, Any]) -> bool:
    fields = (entry.get("fieldsV1") or {}).get("f:metadata") or {}
    return f"f:{keys.ANNOTATION}" in (fields.get("f:annotations") or {})


def _starts(pod: JsonObject) -> Iterator[str]:
    ours = podfields.ours(pod)
    for status in (pod.get("status") or {}).get("initContainerStatuses") or []:
        if ours and status["name"] == ours["name"]:
            for state in (status.get("state") or {}, status.get("lastState") or {}):
                yield from (about.get("startedAt") or "" for about in state.values() if about)
