"""The embedded API as a server: threads, connections, and what it refuses to pretend.

What it answers is held against the real one in tests/cluster/test_contract_*.py.
"""

import base64
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from initsync.testing import manifests
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.testing.client import APPLY, Refused
from initsync.words.model import JsonObject

SECRET = "/api/v1/namespaces/default/secrets/db?fieldManager=m&force=true"


@pytest.fixture
def api() -> Iterator[EmbeddedApiServer]:
    with EmbeddedApiServer() as server:
        yield server


def secret(data: str, **metadata: str) -> JsonObject:
    value = base64.b64encode(data.encode()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", **metadata},
        "data": {"a": value},
    }


def test_silent_clients_keep_nobody_waiting(api: EmbeddedApiServer) -> None:
    port = int(api.url.rpartition(":")[2])
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]

    started = time.monotonic()
    assert api.request("GET", "/api/v1/namespaces/default").status == 200
    assert time.monotonic() - started < 5

    for connection in silent:
        connection.close()


def test_closing_waits_for_no_client() -> None:
    api = EmbeddedApiServer()
    address = ("127.0.0.1", int(api.url.rpartition(":")[2]))
    with socket.create_connection(address), socket.create_connection(address) as raw:
        context = ssl.create_default_context(cafile=api.ca_file)
        with context.wrap_socket(raw, server_hostname="127.0.0.1"):
            started = time.monotonic()
            api.close()

    assert time.monotonic() - started < 5


ACCOUNT = "/api/v1/namespaces/default/serviceaccounts"


def test_a_client_that_hangs_up_within_its_request_is_no_error_of_ours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    head = f"POST {ACCOUNT}/default/token HTTP/1.1\r\ncontent-type: application/json\r\n"
    with EmbeddedApiServer() as api:
        context = ssl.create_default_context(cafile=api.ca_file)
        address = ("127.0.0.1", int(api.url.rpartition(":")[2]))
        raw = socket.create_connection(address)
        with context.wrap_socket(raw, server_hostname="127.0.0.1") as client:
            allowed = f"authorization: Bearer {api.admin_token}\r\ncontent-length: 9\r\n\r\n"
            client.sendall(f"{head}{allowed}".encode())

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "path",
    [
        f"{ACCOUNT}/default/token",
        "/apis/authentication.k8s.io/v1/tokenreviews",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    ],
)
def test_what_is_no_object_is_refused(api: EmbeddedApiServer, path: str) -> None:
    answer = api.request("POST", path, [])

    assert (answer.status, answer.body["reason"]) == (400, "BadRequest")
    assert "the object provided is unrecognized" in answer.body["message"]


def test_a_connection_carries_many_requests(api: EmbeddedApiServer) -> None:
    context = ssl.create_default_context(cafile=api.ca_file)
    connection = http.client.HTTPSConnection(api.url.partition("//")[2], context=context)
    headers = {"authorization": f"Bearer {api.admin_token}"}
    connection.connect()
    first = connection.sock

    for _ in range(3):
        connection.request("GET", "/api/v1/namespaces/default", headers=headers)
        assert connection.getresponse().read()

    assert connection.sock is first
    connection.close()


def test_of_many_creates_at_once_one_creates(api: EmbeddedApiServer) -> None:
    def create(number: int) -> int:
        body = secret(str(number), resourceVersion="1")
        return api.request("PATCH", SECRET, body, APPLY).status

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(create, range(16)))

    assert statuses == [201] + [409] * 15


def test_of_many_forced_applies_at_once_none_conflicts(api: EmbeddedApiServer) -> None:
    def apply(number: int) -> int:
        return api.request("PATCH", SECRET, secret(str(number)), APPLY).status

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(apply, range(16)))

    assert statuses == [200] * 15 + [201]


def test_a_body_of_more_than_three_mebibytes_is_refused(api: EmbeddedApiServer) -> None:
    answer = api.request("PATCH", SECRET, secret("x" * 3_000_000), APPLY)

    assert (answer.status, answer.body["reason"]) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize("query", ["watch=1"])
def test_what_it_cannot_do_it_says(api: EmbeddedApiServer, query: str) -> None:
    answer = api.request("GET", f"/api/v1/namespaces/default/secrets?{query}")

    assert answer.status == 400
    assert "use the real control plane" in answer.body["message"]


def test_cel_that_it_does_not_know_is_refused_at_registration(api: EmbeddedApiServer) -> None:
    with pytest.raises(Refused, match="has no CEL and does not know the match condition"):
        api.apply(manifests.refusing_webhook("x"))


def test_a_body_that_is_neither_json_nor_yaml_is_not_repeated(api: EmbeddedApiServer) -> None:
    context = ssl.create_default_context(cafile=api.ca_file)
    connection = http.client.HTTPSConnection(api.url.partition("//")[2], context=context)
    headers = {
        "authorization": f"Bearer {api.admin_token}",
        "content-type": "application/apply-patch+yaml",
    }

    connection.request("PATCH", SECRET, b"{pl4nted: [", headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()

    assert answer.status == 400
    assert b"pl4nted" not in said


def test_yaml_is_applied_too(api: EmbeddedApiServer) -> None:
    context = ssl.create_default_context(cafile=api.ca_file)
    connection = http.client.HTTPSConnection(api.url.partition("//")[2], context=context)
    headers = {
        "authorization": f"Bearer {api.admin_token}",
        "content-type": "application/apply-patch+yaml",
    }

    connection.request("PATCH", SECRET, b"apiVersion: v1\nkind: Secret\ndata: {a: MQ==}\n", headers)
    status = connection.getresponse().status
    connection.close()

    assert status == 201


def test_an_expired_token_is_refused(
    api: EmbeddedApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api.client(api.create_token("default", "default", seconds=600))
    later = time.time() + 601
    monkeypatch.setattr("initsync.testing.apiserver.tokens.time.time", lambda: later)

    assert client.request("GET", "/api/v1/namespaces/default").status == 401


def test_a_wish_that_no_role_grants_is_told(
    api: EmbeddedApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("initsync.testing.server._DEADLINE", 0.0)

    with pytest.raises(TimeoutError, match="no Role allows x to get secrets db in namespace"):
        api.await_access("x", "default", "get", "secrets", "db")


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with EmbeddedApiServer() as api:
        api.request("GET", "/api/v1/namespaces/default")

    assert threading.active_count() == before
