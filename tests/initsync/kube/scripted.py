"""A connection that has one answer for every request to the Kubernetes API, and its cluster."""

import json
from collections.abc import Mapping
from typing import Any, cast

from initsync.kube.api import Api
from initsync.kube.cluster import Cluster
from initsync.network.transport import Connection, Response

SECRET: dict[str, Any] = {
    "metadata": {"name": "db", "namespace": "shop", "resourceVersion": "7"},
    "data": {},
}


class Scripted:
    """A connection that gives one answer and remembers the request."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answer = Response(status, headers or {}, raw)
        self.seen: list[tuple[str, str, dict[str, str], Any]] = []

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Response:
        self.seen.append((method, target, dict(headers), json.loads(body) if body else None))
        return self.answer


def cluster(connection: Any, token: str | None = "Bearer t") -> Cluster:
    """Of namespace shop, behind that connection."""
    return Cluster(Api(cast(Connection, connection), lambda: token), "shop")


def status(code: int, reason: str, message: str) -> dict[str, Any]:
    """An answer that is no object."""
    return {"kind": "Status", "code": code, "reason": reason, "message": message}
