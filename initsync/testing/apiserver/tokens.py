"""Bearer tokens: whose they are, for whom, and until when."""

import base64
import json
import secrets
import threading
import time
from typing import NamedTuple

from initsync.testing.apiserver import status
from initsync.testing.apiserver.rbac import ANONYMOUS, MASTERS, User
from initsync.testing.apiserver.resources import PODS, SERVICE_ACCOUNTS
from initsync.testing.apiserver.status import FieldError
from initsync.testing.apiserver.storage import Storage
from initsync.words.model import JsonObject
from initsync.words.rules import user_name
from initsync.words.times import timestamp

AUDIENCE = "https://kubernetes.default.svc"
_SHORTEST = 600
_DEFAULT = 3600


class _Token(NamedTuple):
    user: User
    audience: str
    expires: float


class Tokens:
    """Issues tokens of ServiceAccounts, and knows their bearers again."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self.admin = secrets.token_urlsafe(24)
        forever = float("inf")
        self._issued = {self.admin: _Token(User("admin", (MASTERS,)), AUDIENCE, forever)}

    def user(self, authorization: str | None) -> User:
        """Whose request it is, by its Authorization header. Raises ApiError 401."""
        if authorization is None:
            return ANONYMOUS
        scheme, _, value = authorization.partition(" ")
        with self._lock:
            token = self._issued.get(value) if scheme.lower() == "bearer" else None
        if token is None or token.audience != AUDIENCE or token.expires < time.time():
            raise status.unauthorized()
        return token.user

    def review(self, review: JsonObject) -> JsonObject:
        """Answer a TokenReview: whose the token is, if it is for one of the audiences asked for."""
        spec = review.get("spec") or {}
        audiences = spec.get("audiences") or [AUDIENCE]
        with self._lock:
            token = self._issued.get(spec.get("token") or "")
        if token is None or token.expires < time.time() or token.audience not in audiences:
            return review | {"status": {"user": {}, "error": "invalid bearer token"}}
        user = {"username": token.user.name, "groups": list(token.user.groups)}
        known = {"authenticated": True, "user": user, "audiences": [token.audience]}
        return review | {"status": known}

    def issue(self, namespace: str, name: str, review: JsonObject) -> JsonObject:
        """Answer a TokenRequest. Raises ApiError."""
        self._storage.get(SERVICE_ACCOUNTS, namespace, name)
        spec = review.get("spec") or {}
        seconds = spec.get("expirationSeconds") or _DEFAULT
        if seconds < _SHORTEST:
            problem = f"{seconds}: may not specify a duration less than 10 minutes"
            error = FieldError("spec.expirationSeconds", "Invalid value", problem)
            raise status.invalid("TokenRequest", "authentication.k8s.io", "", [error])
        self._check_bound(namespace, name, spec.get("boundObjectRef"))
        audience = (spec.get("audiences") or [AUDIENCE])[0]
        expires = time.time() + seconds
        user = _user(namespace, name)
        value = _jwt({"sub": user.name, "aud": [audience], "iss": AUDIENCE, "exp": int(expires)})
        with self._lock:
            self._issued[value] = _Token(user, audience, expires)
        issued = {"token": value, "expirationTimestamp": timestamp(expires)}
        metadata = {"name": name, "namespace": namespace}
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": metadata,
            "spec": {**spec, "audiences": [audience], "expirationSeconds": seconds},
            "status": issued,
        }

    def _check_bound(self, namespace: str, name: str, bound: JsonObject | None) -> None:
        if not bound:
            return
        pod = self._storage.get(PODS, namespace, bound["name"])
        if pod["spec"]["serviceAccountName"] != name:
            raise status.bad_request(
                f'cannot bind token for serviceaccount "{name}" to pod running with different '
                "serviceaccount name."
            )
        if bound.get("uid") not in (None, pod["metadata"]["uid"]):
            raise status.ApiError(
                409,
                "Conflict",
                f'Operation cannot be fulfilled on Pod "{bound["name"]}": the UID in the bound '
                f"object reference ({bound['uid']}) does not match the UID in record. The object "
                "might have been deleted and then recreated",
                {"name": bound["name"], "kind": "Pod"},
            )


def _jwt(claims: JsonObject) -> str:
    """A token in the form of a ServiceAccount's; nobody checks what stands for the signature."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims))
    encoded = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return ".".join((*encoded, secrets.token_urlsafe(24)))


def _user(namespace: str, name: str) -> User:
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return User(user_name(namespace, name), groups)
