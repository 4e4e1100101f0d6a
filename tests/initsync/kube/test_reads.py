"""Reads for people: paths, pages, what is not served, what may not be read, and the deadline."""

import json
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from initsync.kube.api import PODS, SECRETS, Api, Resource
from initsync.kube.reads import TOKENS, Reads
from initsync.network.transport import Connection, Response
from initsync.words.errors import ClusterError, ClusterForbidden, ClusterUnavailable

DEPLOYMENTS = Resource("apps", "deployments")


class Scripted:
    """Gives its answers in turn, and keeps the requests."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def request(self, method: str, path: str, headers: dict[str, str], _: bytes = b"") -> Response:
        self.asked.append((method, path, headers))
        status, body = self.answers.pop(0)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(status, {}, raw)


def reads(connection: Scripted, left: float = 60.0) -> Reads:
    return Reads(Api(cast(Connection, connection), lambda: "Bearer t"), lambda: left)


def status(code: int, message: str) -> tuple[int, dict[str, Any]]:
    return code, {"kind": "Status", "code": code, "reason": "R", "message": message}


def page(token: str, *names: str) -> tuple[int, dict[str, Any]]:
    items = [{"metadata": {"name": name}} for name in names]
    return 200, {"metadata": {"resourceVersion": "1", "continue": token}, "items": items}


def test_a_list_is_read_to_its_end_with_its_selectors() -> None:
    connection = Scripted(page("a b&c", "one"), page("", "two"))

    found = reads(connection).pages(DEPLOYMENTS, "shop", labels="a=b", fields="c=d")

    assert [one["metadata"]["name"] for one in found] == ["one", "two"]
    first, second = (urlsplit(path) for _, path, _ in connection.asked)
    assert first.path == second.path == "/apis/apps/v1/namespaces/shop/deployments"
    asked = parse_qs(second.query)
    assert asked["continue"] == ["a b&c"]
    assert (asked["labelSelector"], asked["fieldSelector"]) == (["a=b"], ["c=d"])


def test_metadata_only_is_asked_for_as_such() -> None:
    connection = Scripted(page(""))

    list(reads(connection).pages(SECRETS, metadata_only=True))

    (_, path, headers) = connection.asked[0]
    assert path.startswith("/api/v1/secrets?")
    assert "as=PartialObjectMetadataList" in headers["accept"]


@pytest.mark.parametrize("answer", [status(404, "no such"), (404, b"404 page not found\n")])
def test_a_kind_that_is_not_served_has_no_objects(answer: tuple[int, Any]) -> None:
    assert list(reads(Scripted(answer)).pages(DEPLOYMENTS)) == []


def test_a_proxys_page_is_no_empty_list() -> None:
    with pytest.raises(ClusterError, match=r"not from a Kubernetes API \(status 404\)"):
        list(reads(Scripted((404, b"<html>"))).pages(DEPLOYMENTS))


def test_an_object_that_is_not_there_is_none() -> None:
    assert reads(Scripted(status(404, "not found"))).get(PODS, "shop", "web") is None


def test_what_may_not_be_read_names_the_right() -> None:
    with pytest.raises(ClusterForbidden) as caught:
        reads(Scripted(status(403, "User x cannot get"))).get(PODS, "shop", "web")

    assert caught.value.advice == "it needs `get` on pods in namespace shop"
    assert "pod's ServiceAccount" not in str(caught.value)


def test_a_token_is_made_below_its_account() -> None:
    connection = Scripted((201, {"status": {"token": "pl4nted"}}), status(403, "no"))
    asking = reads(connection)

    assert asking.create(TOKENS, "shop", {}, "app")["status"]["token"] == "pl4nted"
    assert connection.asked[0][1] == "/api/v1/namespaces/shop/serviceaccounts/app/token"
    with pytest.raises(ClusterForbidden, match="`create` on serviceaccounts/token in namespace"):
        asking.create(TOKENS, "shop", {}, "app")


def test_a_proxys_page_is_no_version() -> None:
    with pytest.raises(ClusterUnavailable, match="not from a Kubernetes API"):
        reads(Scripted((200, {"hello": 1}))).version()


def test_after_the_deadline_nothing_is_asked() -> None:
    connection = Scripted()

    with pytest.raises(ClusterUnavailable, match="the time is over; allow more by --timeout"):
        reads(connection, left=0.0).version()
