"""The API server's way through a request: authenticate, count, authorise, then act."""

from collections import Counter

from initsync.testing.apiserver import discovery, rbac, status
from initsync.testing.apiserver.bodies import (
    APPLY,
    MERGE,
    Reply,
    Request,
    decoded,
    options,
    parsed,
    selectors,
)
from initsync.testing.apiserver.objects import recognised
from initsync.testing.apiserver.rbac import Attributes, User
from initsync.testing.apiserver.resources import (
    ACCESS_REVIEWS,
    ROLE_BINDINGS,
    ROLES,
    SELF_REVIEWS,
    SERVICE_ACCOUNTS,
    TOKEN_REVIEWS,
    Resource,
    Target,
)
from initsync.testing.apiserver.selectors import narrowed
from initsync.testing.apiserver.status import ApiError
from initsync.testing.apiserver.storage import Storage
from initsync.testing.apiserver.tokens import Tokens
from initsync.testing.apiserver.writes import Writer, Written
from initsync.words.model import JsonObject

_ON_OBJECT = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ON_COLLECTION = {"GET": "list", "POST": "create"}
_ON_SUBRESOURCE = {"POST": "create"}


class Handlers:
    """Answers requests from any thread."""

    def __init__(self, storage: Storage, tokens: Tokens) -> None:
        self._storage = storage
        self._tokens = tokens
        self._calls: Counter[tuple[str, str, str]] = Counter()

    def reply(self, request: Request) -> Reply:
        """The answer, whatever it is."""
        try:
            return self._reply(request)
        except ApiError as error:
            return Reply(error.code, error.status, [])

    def calls(self, user: str | None) -> Counter[tuple[str, str]]:
        """Requests so far by verb and resource; of one user, or of all."""
        with self._storage.lock:
            counted = list(self._calls.items())
        counts: Counter[tuple[str, str]] = Counter()
        for (name, verb, resource), count in counted:
            if user in (None, name):
                counts[verb, resource] += count
        return counts

    def _reply(self, request: Request) -> Reply:
        user = self._tokens.user(request.headers.get("authorization"))
        where = request.where
        if where is None:
            return _outside(user, request)
        verb = _verb(request.method, where)
        with self._storage.lock:
            self._calls[user.name, verb or request.method.lower(), where.attribute] += 1
        self._authorise(user, verb or request.method.lower(), where)
        resource = where.resource
        if resource is None or where.subresource not in _subresources(resource):
            raise ApiError(404, "NotFound", _NOT_SERVED, {})
        if verb is None:
            raise ApiError(405, "MethodNotAllowed", _NOT_ALLOWED, {})
        return self._act(user, verb, resource, where, request)

    def _act(
        self, user: User, verb: str, resource: Resource, where: Target, request: Request
    ) -> Reply:
        chosen = options(request)
        namespace = where.namespace if resource.namespaced else ""
        if verb == "get":
            return Reply(200, self._storage.get(resource, namespace, where.name), [])
        if verb == "list":
            every = self._storage.list(resource, namespace)
            return Reply(200, _listed(resource, narrowed(every, *selectors(request))), [])
        if verb == "delete":
            return Reply(
                200, _gone(resource, self._storage.delete(resource, namespace, where.name)), []
            )
        if where.subresource:
            asked = recognised(decoded(request), "TokenRequest")
            return Reply(201, self._tokens.issue(namespace, where.name, asked), [])
        if resource in (ACCESS_REVIEWS, SELF_REVIEWS):
            review = recognised(decoded(request), resource.kind)
            return Reply(201, self._reviewed(review, user), [])
        if resource == TOKEN_REVIEWS:
            review = recognised(decoded(request), resource.kind)
            return Reply(201, self._tokens.review(review), [])
        writer = Writer(self._storage, user, resource, where, chosen)
        written = self._written(writer, verb, user, where, request)
        return Reply(201 if written.created else 200, written.object, written.warnings)

    def _written(
        self, writer: Writer, verb: str, user: User, where: Target, request: Request
    ) -> Written:
        if verb == "create":
            return writer.create(decoded(request))
        if verb == "update":
            return writer.update(decoded(request))
        if request.media_type == APPLY:
            return writer.apply(parsed(request), lambda: self._authorise(user, "create", where))
        if request.media_type == MERGE:
            return writer.merge(parsed(request))
        raise status.unsupported_media_type("415: Unsupported Media Type")

    def _reviewed(self, review: JsonObject, caller: User) -> JsonObject:
        """A SubjectAccessReview with its answer; of one that names nobody, for the caller."""
        spec = review["spec"]
        fields = ("verb", "group", "resource", "namespace", "name")
        asked = Attributes(*(spec["resourceAttributes"].get(field) or "" for field in fields))
        named = "user" in spec
        user = User(spec["user"], tuple(spec.get("groups") or ())) if named else caller
        return review | {"status": {"allowed": self._allowed(user, asked)}}

    def _authorise(self, user: User, verb: str, where: Target) -> None:
        asked = Attributes(verb, where.group, where.attribute, where.namespace, where.name)
        if not self._allowed(user, asked):
            named = where.resource or Resource(where.group, where.plural, "")
            raise status.forbidden(named, where.name, asked.refusal(user))

    def _allowed(self, user: User, asked: Attributes) -> bool:
        if not asked.namespace:
            return rbac.allowed(user, asked, [], [])  # ClusterRoles are not served
        roles = self._storage.list(ROLES, asked.namespace)
        bindings = self._storage.list(ROLE_BINDINGS, asked.namespace)
        return rbac.allowed(user, asked, roles, bindings)


_NOT_SERVED = "the server could not find the requested resource"
_NOT_ALLOWED = "the server does not allow this method on the requested resource"


def _outside(user: User, request: Request) -> Reply:
    """What is no object. Discovery is for all whom the server knows, as by `system:discovery`."""
    known = user != rbac.ANONYMOUS
    if request.method == "GET" and known and (found := discovery.answer(request.path)):
        return Reply(200, found, [])
    if rbac.MASTERS in user.groups:
        return Reply(404, "404 page not found\n", [])
    asked = f'{request.method.lower()} path "{request.path}"'
    raise ApiError(403, "Forbidden", f'forbidden: User "{user.name}" cannot {asked}', {})


def _verb(method: str, where: Target) -> str | None:
    if where.subresource:
        return _ON_SUBRESOURCE.get(method)
    return (_ON_OBJECT if where.name else _ON_COLLECTION).get(method)


def _subresources(resource: Resource) -> tuple[str, ...]:
    return ("", "token") if resource == SERVICE_ACCOUNTS else ("",)


def _listed(resource: Resource, items: list[JsonObject]) -> JsonObject:
    versions = [int(item["metadata"]["resourceVersion"]) for item in items]
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.api_version,
        "metadata": {"resourceVersion": str(max(versions, default=1))},
        "items": items,
    }


def _gone(resource: Resource, deleted: JsonObject) -> JsonObject:
    metadata = deleted["metadata"]
    details = {"name": metadata["name"], "kind": resource.plural, "uid": metadata["uid"]}
    success = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return success | {"details": details}
