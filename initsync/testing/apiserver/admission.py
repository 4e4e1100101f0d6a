"""Mutating webhooks, called as the API server calls them: AdmissionReview v1 over HTTPS.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
One round only; of CEL the match conditions of the injector's own registration and no others.
"""

import base64
import http.client
import json
import ssl
import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import jsonpatch

from initsync.testing import manifests
from initsync.testing.apiserver import status
from initsync.testing.apiserver.rbac import User
from initsync.testing.apiserver.resources import PODS
from initsync.testing.apiserver.status import ApiError
from initsync.words import keys
from initsync.words.model import JsonObject

_PODS = {"group": "", "version": "v1", "resource": PODS.plural}
_POD = {"group": "", "version": "v1", "kind": PODS.kind}


def _annotation(pod: JsonObject, key: str) -> str | None:
    value: str | None = (pod["metadata"].get("annotations") or {}).get(key)
    return value


def _injected(pod: JsonObject) -> bool:
    waits = _annotation(pod, keys.MODE) == keys.WAIT
    ours = (keys.CONTAINER, keys.WAITER) if waits else (keys.CONTAINER,)
    return any(it.get("name") in ours for it in pod["spec"].get("initContainers") or [])


CONDITIONS: dict[str, Callable[[JsonObject], bool]] = {
    manifests.ASKS: lambda pod: _annotation(pod, keys.ANNOTATION) is not None,
    manifests.NOT_OPTED_OUT: lambda pod: _annotation(pod, keys.INJECT) != "false",
    manifests.NOT_INJECTED: lambda pod: not _injected(pod),
}
"""What each CEL expression that this API understands says of a pod."""


def mutated(
    pod: JsonObject, user: User, registrations: Sequence[JsonObject], *, dry_run: bool
) -> tuple[JsonObject, list[str]]:
    """The pod after every webhook that matches it, and their warnings.

    Raises ApiError where one refuses it, or fails and its failurePolicy is not Ignore.
    """
    warnings: list[str] = []
    for registration in registrations:
        for webhook in registration.get("webhooks") or []:
            if all(CONDITIONS[expression](pod) for expression in _expressions(webhook)):
                try:
                    pod, said = _call(webhook, pod, user, dry_run=dry_run)
                except Unreachable as error:
                    if webhook.get("failurePolicy") == "Ignore":
                        continue
                    raise status.internal(str(error)) from error
                warnings += said
    return pod, warnings


class Unreachable(Exception):
    """A webhook gave no usable answer."""


def check_registration(registration: JsonObject) -> None:
    """Refuse what this API would not honour. Raises ApiError 400."""
    for webhook in registration.get("webhooks") or []:
        unknown = [found for found in _expressions(webhook) if found not in CONDITIONS]
        if unknown:
            raise status.bad_request(
                "the embedded API has no CEL and does not know the match condition "
                f"{unknown[0]!r}; use the real control plane"
            )


def _expressions(webhook: JsonObject) -> list[str]:
    return [condition["expression"] for condition in webhook.get("matchConditions") or []]


def _call(
    webhook: JsonObject, pod: JsonObject, user: User, *, dry_run: bool
) -> tuple[JsonObject, list[str]]:
    review = _review(pod, user, dry_run=dry_run)
    try:
        response = _checked(_post(webhook, review), review["request"]["uid"])
        patched = _patched(pod, response)
    except (OSError, http.client.HTTPException, ValueError, jsonpatch.JsonPatchException) as error:
        failing = f'failed calling webhook "{webhook["name"]}": failed to call webhook: {error}'
        raise Unreachable(failing) from error
    if not response.get("allowed"):
        raise _denial(webhook["name"], response.get("status") or {})
    return patched, list(response.get("warnings") or [])


def _denial(webhook: str, said: JsonObject) -> ApiError:
    because = said.get("message") or said.get("reason")
    message = f'admission webhook "{webhook}" denied the request'
    message += f": {because}" if because else " without explanation"
    return ApiError(max(said.get("code") or 0, 400), said.get("reason") or "", message)


def _review(pod: JsonObject, user: User, *, dry_run: bool) -> JsonObject:
    metadata = pod["metadata"]
    request = {
        "uid": str(uuid.uuid4()),
        "kind": _POD,
        "resource": _PODS,
        "requestKind": _POD,
        "requestResource": _PODS,
        **({"name": metadata["name"]} if metadata.get("name") else {}),
        "namespace": metadata["namespace"],
        "operation": "CREATE",
        "userInfo": {"username": user.name, "groups": list(user.groups)},
        "object": pod,
        "oldObject": None,
        "dryRun": dry_run,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}


def _post(webhook: JsonObject, review: JsonObject) -> Any:
    client = webhook["clientConfig"]
    url = urlsplit(client["url"])
    seconds = webhook.get("timeoutSeconds", 10)
    ca = base64.b64decode(client.get("caBundle") or "").decode()
    tls = ssl.create_default_context(cadata=ca or None)
    connection = http.client.HTTPSConnection(url.netloc, timeout=seconds, context=tls)
    headers = {"content-type": "application/json", "user-agent": "kube-apiserver-admission"}
    try:
        path = f"{url.path}?timeout={seconds}s"
        connection.request("POST", path, json.dumps(review), headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise ValueError(f"the server answered with status {answer.status}")
    return json.loads(body)


def _checked(answer: Any, uid: str) -> JsonObject:
    response = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(response, dict) or response.get("uid") != uid:
        raise ValueError(f'received invalid webhook response: expected response.uid="{uid}"')
    return response


def _patched(pod: JsonObject, response: JsonObject) -> JsonObject:
    if not response.get("patch"):
        return pod
    if response.get("patchType") != "JSONPatch":
        raise ValueError(f"webhook returned response.patchType={response.get('patchType')!r}")
    patch = jsonpatch.JsonPatch.from_string(base64.b64decode(response["patch"]).decode())
    patched: JsonObject = patch.apply(pod)
    return patched
