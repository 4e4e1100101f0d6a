"""Whether a pod has the annotation only since after JASM was asked about it, and by whom. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from initsync.words import keys
from initsync.words.model import JsonObject


class Template(NamedTuple):
    """What a pod was made of."""

    title: str
    """The object that has the template, such as `ReplicaSet web-5d`."""
    annotations: Mapping[str, str]


def annotator(pod: JsonObject) -> str:
    """Who annotated the pod when it was there already, such as `kubectl-annotate`; else empty.

    What admission adds is recorded as of whoever made the pod, at the time of the first entry.
    https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
    """
    entries = pod["metadata"].get("managedFields") or []
    first = min((one.get("time") or "" for one in entries), default="")
    owning = [one for one in entries if _has(one)]
    if not owning or any((one.get("time") or "") <= first for one in owning):
        return ""
    return str(owning[0].get("manager") or "somebody")


def _has(entry: Mapping[str, Any]) -> bool:
    metadata = (entry.get("fieldsV1") or {}).get("f:metadata") or {}
    return f"f:{keys.ANNOTATION}" in (metadata.get("f:annotations") or {})


def lacks(template: Template | None) -> bool:
    """Whether it is known that the pod was made without the annotation."""
    return template is not None and keys.ANNOTATION not in template.annotations
