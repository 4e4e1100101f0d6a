"""The Kubernetes API as people's commands read it: any kind, page by page, with their own rights.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from initsync.kube import answers
from initsync.kube.api import JSON, Api, Resource
from initsync.network.transport import Response
from initsync.words.errors import ClusterUnavailable
from initsync.words.model import JsonObject

_PAGE = 500  # objects
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


CONFIG_MAPS = Resource("", "configmaps")
NAMESPACES = Resource("", "namespaces")
REGISTRATIONS = "admissionregistration.k8s.io"
"""The group of webhook configurations and admission policies."""
WEBHOOKS = Resource(REGISTRATIONS, "mutatingwebhookconfigurations")
TOKENS = Resource("", "serviceaccounts/token")
"""A subresource: made of a ServiceAccount by its name."""


class Reads:
    """`left` gives the seconds until the deadline."""

    def __init__(self, api: Api, left: Callable[[], float]) -> None:
        self._api = api
        self._left = left

    def version(self) -> str:
        """The API server's own, such as `v1.37.2`. Raises ClusterError, as everything here."""
        action = "ask the API server for its version"
        response = self._call("GET", "/version", action)
        return str(answers.given(response, action, "gitVersion", "")["gitVersion"])

    def get(self, resource: Resource, namespace: str, name: str) -> JsonObject | None:
        """The object, or None where the API server says that there is none."""
        action = f"get {resource.title} {f'{namespace}/' if namespace else ''}{name}"
        response = self._call("GET", resource.path(namespace, name), action)
        if answers.missing(response):
            return None
        right = needs("get", resource, namespace)
        return answers.stored(response, action, right=right)

    def pages(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> Iterator[JsonObject]:
        """Every object that the selectors leave, page by page; none of a kind that is not served.

        `metadata_only`: neither data nor spec leaves the API server.
        """
        action = f"list {resource.title} {_place(namespace)}"
        chosen = {"limit": str(_PAGE), "labelSelector": labels, "fieldSelector": fields}
        accept = _METADATA if metadata_only else JSON
        token = ""
        while True:
            query = urlencode({**chosen, "continue": token})
            path = f"{resource.path(namespace)}?{query}"
            response = self._call("GET", path, action, accept=accept)
            if _not_served(response):
                return
            page = answers.stored(response, action, right=needs("list", resource, namespace))
            yield from page.get("items") or []
            token = page["metadata"].get("continue") or ""
            if not token:
                return

    def create(
        self, resource: Resource, namespace: str, body: JsonObject, name: str = ""
    ) -> JsonObject:
        """The answer to an object that is kept nowhere: a review; a token of the account `name`."""
        action = f"create {resource.title} {_place(namespace)}"
        path = resource.path(namespace)
        if name:
            whole, _, part = resource.plural.partition("/")
            path = f"{resource._replace(plural=whole).path(namespace, name)}/{part}"
        right = needs("create", resource, namespace)
        return answers.given(self._call("POST", path, action, body), action, "status", right)

    def _call(
        self,
        method: str,
        path: str,
        action: str,
        body: JsonObject | None = None,
        accept: str = JSON,
    ) -> Response:
        if self._left() <= 0:
            raise ClusterUnavailable(action, "the time is over", advice="allow more by --timeout")
        return self._api.send(method, path, action, body, JSON, accept)


def _not_served(response: Response) -> bool:
    """Whether the API server, or Go's mux in its place, says that it serves no such kind."""
    plain = response.status == 404 and response.body.strip() == b"404 page not found"
    return plain or answers.missing(response)


def needs(verb: str, resource: Resource, namespace: str) -> str:
    """The right that a request asks for, as people put it into a Role."""
    return f"it needs `{verb}` on {resource.title} {_place(namespace)}"


def _place(namespace: str) -> str:
    return f"in namespace {namespace}" if namespace else "in the whole cluster"
