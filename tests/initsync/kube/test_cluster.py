"""Requests to the Kubernetes API, and its answers as failures of the table."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from initsync.kube import rbac
from initsync.kube.api import Api
from initsync.kube.cluster import Cluster
from initsync.network.transport import Connection, Response, TransportError
from initsync.sync import room
from initsync.words import keys
from initsync.words.errors import (
    ClusterConflict,
    ClusterError,
    ClusterForbidden,
    ClusterTooLarge,
    ClusterUnavailable,
)

SECRET: dict[str, Any] = {
    "metadata": {"name": "db", "namespace": "shop", "resourceVersion": "7"},
    "data": {},
}


GUARDED = (
    "secrets \"db\" is forbidden: ValidatingAdmissionPolicy 'jasm-guard' with binding 'jasm-guard' "
    "denied request: JASM's Role is "
)


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
    return Cluster(Api(cast(Connection, connection), lambda: token), "shop")


def status(code: int, reason: str, message: str) -> dict[str, Any]:
    return {"kind": "Status", "code": code, "reason": reason, "message": message}


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


TOO_LONG = {"causes": [{"reason": "FieldValueTooLong", "message": "pl4nted", "field": "data"}]}
OF_ETCD = (
    "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2 vs. 1)"
)


@pytest.mark.parametrize(
    ("code", "said", "details", "sentence"),
    [
        (422, "pl4nted", TOO_LONG, "Invalid at data (422)"),
        (413, "pl4nted", {}, "Invalid (413)"),
        (500, "etcdserver: request is too large", {}, "etcdserver: request is too large (500)"),
        (500, OF_ETCD, {}, "trying to send message larger than max (500)"),
        (403, f"{GUARDED}not for Secrets with hundreds of labels and annotations;", {}, "hundreds"),
        (403, f"{GUARDED}not for Secrets with more than 64 KiB of annotations", {}, "64 KiB"),
    ],
)
def test_what_is_too_large_is_no_failure_of_the_server(
    code: int, said: str, details: object, sentence: str
) -> None:
    answer = status(code, "Invalid", said) | {"details": details}

    with pytest.raises(ClusterTooLarge) as caught:
        cluster(Scripted(code, answer)).apply_secret(SECRET)

    assert sentence in str(caught.value)
    assert "pl4nted" not in str(caught.value)


@pytest.mark.parametrize("details", [None, "x", [], {"causes": None}, {"causes": ["x", None, {}]}])
def test_details_that_are_none_are_looked_over(details: object) -> None:
    answer = status(422, "Invalid", "no") | {"details": details}

    with pytest.raises(ClusterError, match=r"Invalid \(422\)"):
        cluster(Scripted(422, answer)).apply_secret(SECRET)


def test_without_a_token_no_header_is_sent() -> None:
    connection = Scripted(200, SECRET)

    cluster(connection, token=None).read_secret("db")

    assert "authorization" not in connection.seen[0][2]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, ClusterError),
        (401, ClusterError),
        (403, ClusterForbidden),
        (409, ClusterConflict),
        (422, ClusterError),
        (429, ClusterUnavailable),
        (500, ClusterUnavailable),
        (503, ClusterUnavailable),
    ],
)
def test_the_api_servers_own_message_is_passed_on(code: int, kind: type[ClusterError]) -> None:
    connection = Scripted(code, status(code, "Reason", 'secrets "db" is wrong'))

    with pytest.raises(ClusterError) as caught:
        cluster(connection).read_secret("db")

    assert type(caught.value) is kind
    assert f'cannot get Secret shop/db: secrets "db" is wrong ({code})' in str(caught.value)


@pytest.mark.parametrize("code", [400, 422])
def test_what_the_api_server_quotes_of_a_written_secret_is_not_passed_on(code: int) -> None:
    quoting = status(code, "Invalid", 'patch: Invalid value: "{data: pl4nted}"')
    quoting["details"] = {"causes": [{"field": "data[a/b]", "message": "pl4nted"}]}

    with pytest.raises(ClusterError) as applied:
        cluster(Scripted(code, quoting)).apply_secret(SECRET)
    with pytest.raises(ClusterError) as removed:
        cluster(Scripted(code, quoting)).remove(SECRET)

    assert "pl4nted" not in f"{applied.value} {removed.value}"
    assert f"cannot apply Secret shop/db: Invalid at data[a/b] ({code})" in str(applied.value)


@pytest.mark.parametrize("name", ["jasm-guard", "acme-guard", "a.b-guard"])
def test_the_guards_sentence_is_passed_on_whatever_the_release_is_called(name: str) -> None:
    message = f"{GUARDED}for Secrets of type Opaque only; JASM's docs/security.md says why"
    message = message.replace("jasm-guard", name)

    with pytest.raises(ClusterForbidden) as caught:
        cluster(Scripted(403, status(403, "Forbidden", message))).apply_secret(SECRET)

    assert str(caught.value) == f"cannot apply Secret shop/db: {message} (403)"


@pytest.mark.parametrize(
    "message",
    [
        f'admission webhook "w.x" denied the request: {GUARDED}pl4nted',
        f"{GUARDED.replace('jasm-guard', 'team-guard')}pl4nted",
        f"{GUARDED.replace('jasm-guard', 'team-policy')}for Secrets of type pl4nted",
    ],
)
def test_a_sentence_that_only_quotes_the_guards_is_not(message: str) -> None:
    with pytest.raises(ClusterForbidden) as caught:
        cluster(Scripted(403, status(403, "Forbidden", message))).apply_secret(SECRET)

    assert "pl4nted" not in str(caught.value)


def test_a_refusal_names_the_role_to_apply() -> None:
    with pytest.raises(
        ClusterForbidden, match=rf"deploy/manifests/app/role\.yaml: {rbac.IN_WORDS}"
    ):
        cluster(Scripted(403, status(403, "Forbidden", "no"))).read_secret("db")


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        (
            403,
            'secrets "db" is forbidden: exceeded quota: q, requested: secrets=1',
            "ResourceQuota",
        ),
        (403, "because it is being terminated", "the namespace is being deleted, and this pod"),
        (403, 'admission webhook "w.x" denied the request: no', "ask who runs that webhook"),
        (500, 'failed calling webhook "w.x": timeout', "ask who runs that webhook"),
        (422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "that policy"),
        (403, f"{GUARDED}not for deleting Secrets", "(403)"),
    ],
)
def test_what_stands_in_the_way_has_its_own_advice(code: int, message: str, advice: str) -> None:
    with pytest.raises(ClusterError) as caught:
        cluster(Scripted(code, status(code, "Forbidden", message))).apply_secret(SECRET)

    assert advice in str(caught.value)
    assert "role.yaml" not in str(caught.value)


@pytest.mark.parametrize("code", [400, 403, 406, 409, 422, 500])
@pytest.mark.parametrize(
    "message",
    [
        'admission webhook "w.x" denied the request: value pl4nted, cannot patch resource',
        'failed calling webhook "w.x": pl4nted',
        "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: pl4nted exceeded quota",
        "pl4nted",
    ],
)
def test_what_anybody_says_of_a_written_secret_is_not_passed_on(code: int, message: str) -> None:
    with pytest.raises(ClusterError) as caught:
        cluster(Scripted(code, status(code, "Reason", message))).apply_secret(SECRET)

    assert "pl4nted" not in str(caught.value)


def test_who_refused_is_told_where_the_words_may_quote_the_secret() -> None:
    message = 'admission webhook "w.x" denied the request: pl4nted'

    with pytest.raises(ClusterError) as caught:
        cluster(Scripted(400, status(400, "BadRequest", message))).apply_secret(SECRET)

    assert 'BadRequest by admission webhook "w.x" (400)' in str(caught.value)
    assert "pl4nted" not in str(caught.value)


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
