"""AdmissionReview in and out: the only place that knows UIDs, base64 and status codes.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

import base64
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import orjson

VERSION = "admission.k8s.io/v1"
ELEMENTS = 500_000
"""Commas, braces and brackets of a body. Each may become an object of 60 to 100 bytes in memory:
6.9 MB of `{},{},…` made the process 190 MB larger (measured), a pod of 1 MiB has some 50,000."""
WARNING_LIMIT = 256
"""Characters of a warning that the API server passes on (endpoints/filters/warning.go)."""


class BadReview(Exception):
    """The request is not one that an API server sends; `status` is the HTTP answer's."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


class Review(NamedTuple):
    """The parts of a request that the injector reads."""

    uid: str
    namespace: str
    pod: dict[str, Any]
    """Or the workload, where that is asked about."""
    size: int
    """The size of the whole review, in bytes."""


def decode(body: bytes | bytearray, kinds: Collection[str] = ("Pod",)) -> Review:
    """The review of a pod, or of an object of these kinds. Raises BadReview."""
    if not body:
        raise BadReview(400, "the body is empty, it must be an AdmissionReview")
    if len(body) > ELEMENTS and sum(map(body.count, (b",", b"{", b"["))) > ELEMENTS:
        raise BadReview(413, f"the body has more than {ELEMENTS} elements")
    try:
        found = orjson.loads(body)
    except ValueError as error:
        raise BadReview(400, "the body is not JSON") from error
    if not isinstance(found, dict) or found.get("kind") != "AdmissionReview":
        raise BadReview(400, "the body is JSON, but no AdmissionReview")
    if found.get("apiVersion") != VERSION:
        raise BadReview(400, f"the AdmissionReview's apiVersion must be {VERSION}")
    request = found.get("request")
    if not isinstance(request, dict) or not isinstance(request.get("uid"), str):
        raise BadReview(400, "the AdmissionReview has no request with a uid")
    pod, namespace = request.get("object"), request.get("namespace")
    if not isinstance(pod, dict) or pod.get("kind") not in kinds or not isinstance(namespace, str):
        raise BadReview(422, f"the request is about no {' or '.join(kinds)} in a namespace")
    if not isinstance(pod.get("metadata"), dict) or not isinstance(pod.get("spec"), dict):
        raise BadReview(422, f"the {pod['kind']} has no metadata or no spec")
    return Review(request["uid"], namespace, pod, len(body))


def allowed(uid: str, warnings: Sequence[str] = ()) -> bytes:
    """The pod may be created as it is."""
    return _answer({"uid": uid, "allowed": True}, warnings)


def encoded(operations: Sequence[dict[str, Any]]) -> str:
    """A patch as an answer carries it."""
    return base64.b64encode(orjson.dumps(operations)).decode()


def patched(uid: str, patch: str, warnings: Sequence[str] = ()) -> bytes:
    """The pod may be created with these changes."""
    response = {"uid": uid, "allowed": True, "patchType": "JSONPatch", "patch": patch}
    return _answer(response, warnings)


def errored(uid: str, code: int, message: str) -> bytes:
    """The pod may not be created, and it is our fault or its own by `code`."""
    status = {"code": code, "message": message}
    return _answer({"uid": uid, "allowed": False, "status": status}, ())


def _answer(response: dict[str, Any], warnings: Sequence[str]) -> bytes:
    if warnings:
        response["warnings"] = [warning[:WARNING_LIMIT] for warning in warnings]
    review = {"apiVersion": VERSION, "kind": "AdmissionReview", "response": response}
    return orjson.dumps(review)
