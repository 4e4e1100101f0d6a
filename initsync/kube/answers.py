"""The Kubernetes API's answers: the object in a good one, the failure in another. Pure.

https://kubernetes.io/docs/reference/using-api/api-concepts/#error-response-kinds
"""

import json
import re
from typing import Any

from initsync.network.http1 import Response
from initsync.words.errors import (
    ClusterConflict,
    ClusterError,
    ClusterForbidden,
    ClusterTooLarge,
    ClusterUnavailable,
)
from initsync.words.model import JsonObject

# By what the message says, who can help; the first that matches.
_ADVICE = (
    ("denied request: JASM's Role ", ""),  # our guard's sentences end with it
    ("exceeded quota", "raise the namespace's ResourceQuota, or delete Secrets that nobody uses"),
    ("is being terminated", "the namespace is being deleted, and this pod with it"),
    ("admission webhook", "ask who runs that webhook: it is not JASM's"),
    ("calling webhook", "ask who runs that webhook: it is not JASM's"),
    ("AdmissionPolicy '", "ask who wrote that policy"),
)
_ASK = "ask who"
# Of somebody's rule about Secrets, whose own sentence may quote one.
_LABELS = (
    "; if it wants a label on the Secret, the entry's labels or the platform's "
    "injection.secretLabels put it there"
)
# Of an object that is larger than etcd takes: the API server's own failure, 500 (seen on 1.37.2).
_OF_ETCD = ("etcdserver: request is too large", "trying to send message larger than max")
# Of one that our guard has no room for.
_OF_GUARD = ("not for Secrets with hundreds of labels and", "not for Secrets with more than 64 KiB")
# Compiled where they are asked for, which a good answer never does.
_ADMISSION = r"""(admission|calling) webhook "[^"]{1,253}"|\w+AdmissionPolicy '[^']{1,253}'"""
# Our own guard, whose name is the release's, by what deploy/chart/jasm/templates/guard.yaml says.
_GUARD = (
    r"""secrets "[^"]{1,253}" is forbidden: ValidatingAdmissionPolicy '([-.\w]{1,253}-guard)' """
    r"""with binding '\1' denied request: JASM's Role is """
    r"(for Secrets of type|only for Secrets that carry"
    r"|not for (changing|deleting|making|Secrets with|taking over)) "
)
_RIGHTS = "cannot [a-z]+ resource|exceeded quota|is being terminated|was modified"


def stored(
    response: Response, action: str, *, private: bool = False, right: str = ""
) -> JsonObject:
    """The object, or list of objects, in a good answer. Raises ClusterError by another's status.

    `private`: the request wrote a Secret. What is then said of it may quote it, values included:
    by the API server of a body that it cannot accept (seen on 1.37.2), by somebody's webhook or
    policy of anything. Only its own sentences about rights, and our guard's, are passed on, and
    names otherwise. `right`: what to do where RBAC refuses; by default, apply the pod's Role.
    """
    found: Any = _json(response.body)
    if response.status < 300 and _is_stored(found):
        return dict(found)
    raise _failure(response, found, action, private=private, right=right)


def given(response: Response, action: str, field: str, right: str) -> JsonObject:
    """As `stored`, of an answer that is kept nowhere, such as a review; it has `field`."""
    found: Any = _json(response.body)
    if response.status < 300 and isinstance(found, dict) and field in found:
        return found
    raise _failure(response, found, action, private=False, right=right)


def missing(response: Response) -> bool:
    """Whether the API server itself says that there is no such object."""
    return response.status == 404 and _is_status(_json(response.body))


def _failure(
    response: Response, found: Any, action: str, *, private: bool, right: str
) -> ClusterError:
    status = response.status
    detail = _detail(status, found, private=private)
    known = [advice for said, advice in _ADVICE if said in detail]
    advice = known[0] if known else ""
    if private and advice.startswith(_ASK) and 400 <= status < 500:
        advice += _LABELS
    if status == 409:
        return ClusterConflict(action, detail)
    if _too_large(status, found):
        return ClusterTooLarge(action, detail, advice if known else "take something out of it")
    if status == 403:
        return ClusterForbidden(action, detail, advice if known else right or _role())
    if status == 401:
        return ClusterError(action, detail, "the token is not valid there, or not any more")
    if status == 429 or status >= 500 or status < 300:
        patience = advice or "it may be restarting"
        return ClusterUnavailable(action, detail, response.retry_after, patience)
    return ClusterError(action, detail, advice)


def _too_large(status: int, found: Any) -> bool:
    """Whether the object that would be stored is what is wrong, by its size."""
    if not _is_status(found):
        return False
    message = str(found.get("message") or "")
    long = [cause for cause in _causes(found) if cause.get("reason") == "FieldValueTooLong"]
    said = any(said in message for said in (*_OF_ETCD, *_OF_GUARD))
    return status == 413 or bool(long) or said


def _role() -> str:
    from initsync.kube import rbac  # for this sentence only: a good sync never loads it

    return (
        "if it is RBAC that refuses, give the pod's ServiceAccount the Role of "
        f"deploy/manifests/app/role.yaml: {rbac.IN_WORDS}"
    )


def _detail(status: int, found: Any, *, private: bool) -> str:
    """The API server's own message; any other body may be a proxy's page, or hold anything."""
    if not _is_status(found):
        return f"the answer is not from a Kubernetes API (status {status})"
    reason, message = found.get("reason") or "no reason given", str(found.get("message") or "")
    reason = next((said for said in _OF_ETCD if said in message), reason)
    by = re.search(_ADMISSION, message)
    ours = re.match(_GUARD, message) or (re.search(_RIGHTS, message) and not by)
    if not private or ours:
        return f"{message or reason} ({status})"
    fields = ", ".join(str(cause["field"]) for cause in _causes(found) if cause.get("field"))
    said = f"{reason}{f' at {fields}' if fields else ''}{f' by {by.group()}' if by else ''}"
    return f"{said} ({status})"


def _causes(status: JsonObject) -> list[JsonObject]:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    found = causes if isinstance(causes, list) else []
    return [cause for cause in found if isinstance(cause, dict)]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # some proxy's page
        return None


def _is_status(found: Any) -> bool:
    return isinstance(found, dict) and found.get("kind") == "Status"


def _is_stored(found: Any) -> bool:
    metadata = found.get("metadata") if isinstance(found, dict) else None
    return isinstance(metadata, dict) and "resourceVersion" in metadata
