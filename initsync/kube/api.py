"""Requests to a Kubernetes API as one identity: what all of JASM's clients of it share.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

import json
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from initsync.network.transport import Connection, Response, TransportError
from initsync.words import keys
from initsync.words.errors import ClusterUnavailable

JSON = "application/json"
APPLY = "application/apply-patch+yaml"  # JSON is YAML
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class Resource(NamedTuple):
    """One kind of object, by its place in the API."""

    group: str
    plural: str
    version: str = "v1"

    @property
    def title(self) -> str:
        """As RBAC's own messages name it, such as `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str, name: str = "") -> str:
        """Its URL path; of all namespaces, or of a kind without any, where `namespace` is empty."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        within = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        last = f"/{quote(name, safe='')}" if name else ""
        return f"{root}{within}/{self.plural}{last}"


PODS = Resource("", "pods")
SECRETS = Resource("", "secrets")
EVENTS = Resource("", "events")


class Api:
    """One identity on one cluster.

    `authorization` gives the header's value anew each time: tokens are rotated under us.
    """

    def __init__(self, connection: Connection, authorization: Callable[[], str | None]) -> None:
        self._connection = connection
        self._authorization = authorization

    def send(
        self,
        method: str,
        path: str,
        action: str,
        body: object = None,
        kind: str = JSON,
        accept: str = JSON,
    ) -> Response:
        """The answer, whatever its status; `kind` is the body's media type.

        Raises ClusterUnavailable, naming `action`.
        """
        headers = {"accept": accept, "user-agent": keys.CONTAINER}
        if authorization := self._authorization():
            headers["authorization"] = authorization
        if body is not None:
            headers["content-type"] = kind
        raw = b"" if body is None else json.dumps(body).encode()
        try:
            return self._connection.request(method, path, headers, raw)
        except TransportError as error:
            raise ClusterUnavailable(action, str(error), advice=error.advice) from error
