"""Requests to the Kubernetes API, and answers that may not be its own."""

from typing import Any

import pytest

from initsync.network.transport import Response, TransportError
from initsync.sync import room
from initsync.words import keys
from initsync.words.errors import ClusterError, ClusterUnavailable
from tests.initsync.kube.scripted import SECRET, Scripted, cluster, status


def test_a_secret_is_read_by_name_with_the_token() -> None:
    connection = Scripted(200, SECRET)

    assert cluster(connection).read_secret("db") == SECRET

    method, target, headers, _ = connection.seen[0]
    assert (method, target) == ("GET", "/api/v1/namespaces/shop/secrets/db")
    assert headers["authorization"] == "Bearer t"


def test_a_missing_secret_is_none() -> None:
    assert cluster(Scripted(404, status(404, "NotFound", "…"))).read_secret("db") is None


def test_apply_is_server_side_by_our_own_manager() -> None:
    connection = Scripted(201, SECRET)

    cluster(connection).apply_secret(SECRET)

    method, target, headers, body = connection.seen[0]
    assert method == "PATCH"
    assert target == "/api/v1/namespaces/shop/secrets/db?fieldManager=jasm&force=true"
    assert headers["content-type"] == "application/apply-patch+yaml"
    assert body == SECRET


def test_what_is_left_over_is_removed_from_that_version_only() -> None:
    connection = Scripted(200, SECRET)
    patch = SECRET | {"data": {"b": None, "z": None}}

    cluster(connection).remove(patch)

    method, target, headers, body = connection.seen[0]
    assert (method, body) == ("PATCH", patch)
    assert target == "/api/v1/namespaces/shop/secrets/db?fieldManager=jasm"
    assert headers["content-type"] == "application/merge-patch+json"


def test_where_there_is_no_room_all_that_is_ours_is_replaced_at_once() -> None:
    connection = Scripted(200, SECRET)
    metadata = {"labels": {"team": "shop", f"{keys.PREFIX}x": "1"}, "annotations": {"note": "n"}}
    existing = SECRET | {"metadata": SECRET["metadata"] | metadata}
    marks = {"labels": {keys.PROVIDER: "p"}, "annotations": {keys.SOURCE_PATH: "/db"}}
    wanted = {"metadata": {"name": "db", **marks}, "data": {"a": "MQ=="}}

    assert cluster(connection).replace_secret(room.whole(existing, wanted)) == SECRET

    method, target, headers, body = connection.seen[0]
    assert (method, headers["content-type"]) == ("PATCH", "application/json-patch+json")
    assert target == "/api/v1/namespaces/shop/secrets/db?fieldManager=jasm"
    assert {operation["op"] for operation in body} == {"add"}
    assert {operation["path"]: operation["value"] for operation in body} == {
        "/metadata/resourceVersion": "7",
        "/metadata/managedFields": [{}],
        "/metadata/labels": {"team": "shop", keys.PROVIDER: "p"},
        "/metadata/annotations": {"note": "n", keys.SOURCE_PATH: "/db"},
        "/data": {"a": "MQ=="},
    }


def test_without_a_token_no_header_is_sent() -> None:
    connection = Scripted(200, SECRET)

    cluster(connection, token=None).read_secret("db")

    assert "authorization" not in connection.seen[0][2]


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"metadata": {}}, b"[" * 100_000])
def test_an_object_without_its_marks_is_not_one_of_kubernetes(body: Any) -> None:
    with pytest.raises(ClusterUnavailable, match="not from a Kubernetes API"):
        cluster(Scripted(200, body)).read_secret("db")


def test_only_the_api_server_itself_can_say_that_a_secret_is_missing() -> None:
    with pytest.raises(ClusterError, match=r"not from a Kubernetes API \(status 404\)"):
        cluster(Scripted(404, b"<html>not found</html>")).read_secret("db")


@pytest.mark.parametrize(("header", "seconds"), [("3", 3.0), ("soon", None), ("", None)])
def test_the_wish_for_patience_is_kept(header: str, seconds: float | None) -> None:
    connection = Scripted(429, status(429, "TooManyRequests", "slow"), {"retry-after": header})

    with pytest.raises(ClusterUnavailable) as caught:
        cluster(connection).read_secret("db")

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("body", [b"", b"<html>pl4nted</html>", b"[]", b"\xff", {"kind": "Else"}])
@pytest.mark.parametrize("code", [400, 502])
def test_a_body_that_is_no_status_is_never_repeated(code: int, body: Any) -> None:
    with pytest.raises(ClusterError) as caught:
        cluster(Scripted(code, body)).read_secret("db")

    assert f"not from a Kubernetes API (status {code})" in str(caught.value)
    assert "pl4nted" not in str(caught.value)


def test_a_good_status_with_a_bad_body_is_worth_another_try() -> None:
    with pytest.raises(ClusterUnavailable):
        cluster(Scripted(200, b"{tru")).read_secret("db")


def test_no_answer_names_the_request() -> None:
    class Silent:
        def request(self, *_: Any) -> Response:
            raise TransportError("10.96.0.1: no answer within 10 s")

    with pytest.raises(ClusterUnavailable) as caught:
        cluster(Silent()).read_secret("db")

    assert "cannot GET secrets/db in namespace shop: 10.96.0.1: no answer" in str(caught.value)


def test_names_are_quoted_into_the_path() -> None:
    connection = Scripted(200, SECRET)

    cluster(connection).read_pod("a b?x")

    assert connection.seen[0][1] == "/api/v1/namespaces/shop/pods/a%20b%3Fx"


@pytest.mark.parametrize("status", [201, 409])
def test_an_event_is_posted_or_was_by_an_earlier_try(status: int) -> None:
    connection = Scripted(status, {"metadata": {"resourceVersion": "7"}})

    cluster(connection).create_event({"kind": "Event"})

    assert connection.seen[0][:2] == ("POST", "/api/v1/namespaces/shop/events")
