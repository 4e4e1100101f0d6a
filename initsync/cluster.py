"""The Kubernetes API as the pod path uses it: dicts in, dicts out, failures as in the table."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from initsync import keys
from initsync.errors import (
    ClusterConflict,
    ClusterError,
    ClusterForbidden,
    ClusterUnavailable,
)
from initsync.model import JsonObject
from initsync.transport import Connection, Response, TransportError

_JSON = "application/json"
_APPLY = "application/apply-patch+yaml"  # JSON is YAML
_MERGE = "application/merge-patch+json"


class Cluster:
    """One namespace of one cluster. `authorization` gives the header's value anew each time."""

    def __init__(
        self, connection: Connection, authorization: Callable[[], str | None], namespace: str
    ) -> None:
        self._connection = connection
        self._authorization = authorization
        self._namespace = namespace

    def read_secret(self, name: str) -> JsonObject | None:
        """The stored Secret, or None."""
        response = self._call("GET", f"secrets/{quote(name)}")
        if response.status == 404:
            return None
        return _object(response, self._action("get Secret", name))

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        """Server-side apply (the one verb whose create RBAC can limit by name, F1).

        Raises ClusterConflict where the Secret is no longer at the manifest's resourceVersion.
        """
        name = manifest["metadata"]["name"]
        target = f"secrets/{quote(name)}?fieldManager={keys.FIELD_MANAGER}&force=true"
        response = self._call("PATCH", target, manifest, _APPLY)
        return _object(response, self._action("apply Secret", name), private=True)

    def remove_keys(self, written: JsonObject, names: list[str]) -> None:
        """Drop `names` from the data of the Secret just written, unless it changed since."""
        metadata = written["metadata"]
        patch = {
            "metadata": {"resourceVersion": metadata["resourceVersion"]},
            "data": dict.fromkeys(names),
        }
        target = f"secrets/{quote(metadata['name'])}?fieldManager={keys.FIELD_MANAGER}"
        response = self._call("PATCH", target, patch, _MERGE)
        action = self._action("remove keys from Secret", metadata["name"])
        _object(response, action, private=True)

    def read_pod(self, name: str) -> JsonObject:
        """The pod. Raises ClusterError where there is none."""
        return _object(self._call("GET", f"pods/{quote(name)}"), self._action("get Pod", name))

    def create_event(self, event: JsonObject) -> None:
        """Post a core/v1 Event."""
        response = self._call("POST", "events", event)
        _object(response, f"create Events in namespace {self._namespace}")

    def _action(self, verb: str, name: str) -> str:
        return f"{verb} {self._namespace}/{name}"

    def _call(
        self, method: str, target: str, body: JsonObject | None = None, kind: str = _JSON
    ) -> Response:
        headers = {"accept": _JSON, "user-agent": keys.CONTAINER}
        if authorization := self._authorization():
            headers["authorization"] = authorization
        if body is not None:
            headers["content-type"] = kind
        raw = b"" if body is None else json.dumps(body).encode()
        path = f"/api/v1/namespaces/{quote(self._namespace)}/{target}"
        try:
            return self._connection.request(method, path, headers, raw)
        except TransportError as error:
            action = f"{method} {target.partition('?')[0]} in namespace {self._namespace}"
            raise ClusterUnavailable(action, str(error)) from error


def _object(response: Response, action: str, *, private: bool = False) -> JsonObject:
    """The object in a good answer. Raises ClusterError by the status of another.

    `private`: the request wrote a Secret. What the API server then says of a body that it cannot
    read or accept (400, 422) may quote it, values included (seen on 1.37.2): only the names of
    the fields are passed on.
    """
    try:
        found: Any = json.loads(response.body)
    except ValueError:  # UnicodeDecodeError included: some proxy's page
        found = None
    if response.status < 300 and isinstance(found, dict):
        return found
    detail = _detail(response.status, found, private=private and response.status in (400, 422))
    if response.status == 409:
        raise ClusterConflict(action, detail)
    if response.status == 403:
        raise ClusterForbidden(action, detail, _ROLE)
    if response.status == 401:
        raise ClusterError(action, detail, "the token is not valid there, or not any more")
    if response.status == 429 or response.status >= 500 or response.status < 300:
        raise ClusterUnavailable(action, detail, response.retry_after)
    raise ClusterError(action, detail)


_ROLE = (
    "if it is RBAC that refuses, give the pod's ServiceAccount the Role of "
    "deploy/manifests/app/role.yaml: get, create and patch on that Secret, create on events"
)


def _detail(status: int, found: Any, *, private: bool) -> str:
    """The API server's own message; any other body may be a proxy's page, or hold anything."""
    if not isinstance(found, dict) or found.get("kind") != "Status":
        return f"the answer is not from a Kubernetes API (status {status})"
    reason = found.get("reason") or "no reason given"
    if not private:
        return f"{found.get('message') or reason} ({status})"
    causes = (found.get("details") or {}).get("causes") or []
    fields = ", ".join(str(cause.get("field")) for cause in causes)
    return f"{reason}{f' at {fields}' if fields else ''} ({status})"
