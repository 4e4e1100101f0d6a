"""What the contract's tests ask with; the contract is kept by both API servers."""

import base64
from typing import Any

import pytest

from initsync.testing.client import APPLY, MERGE, Answer, Client
from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject

EXAMPLE = "pl4nted"
of_both = pytest.mark.parametrize("api", ["embedded", "real"], indirect=True)
"""What the tests of a module are asked of."""


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(name: str, data: dict[str, str] | None = None, **metadata: Any) -> JsonObject:
    values = {key: encoded(text) for key, text in (data or {}).items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, **metadata},
        "data": values,
    }


class Secrets:
    """Requests for the Secrets of one namespace, as one identity."""

    def __init__(self, client: ApiServer | Client, namespace: str) -> None:
        self.client = client
        self.path = f"/api/v1/namespaces/{namespace}/secrets"

    def get(self, name: str) -> Answer:
        return self.client.request("GET", f"{self.path}/{name}")

    def create(self, body: object) -> Answer:
        return self.client.request("POST", self.path, body)

    def put(self, body: JsonObject) -> Answer:
        return self.client.request("PUT", f"{self.path}/{body['metadata']['name']}", body)

    def merge(self, name: str, patch: JsonObject) -> Answer:
        return self.client.request("PATCH", f"{self.path}/{name}", patch, MERGE)

    def delete(self, name: str) -> Answer:
        return self.client.request("DELETE", f"{self.path}/{name}")

    def apply(self, body: JsonObject, manager: str = "jasm", *, force: bool = True) -> Answer:
        query = f"?fieldManager={manager}" + ("&force=true" if force else "")
        target = f"{self.path}/{body['metadata']['name']}{query}"
        return self.client.request("PATCH", target, body, APPLY)


def version(answer: Answer) -> str:
    return str(answer.body["metadata"]["resourceVersion"])


def assert_refused(answer: Answer, code: int, reason: str, fragment: str) -> None:
    assert answer.body["kind"] == "Status"
    assert (answer.status, answer.body["code"]) == (code, code)
    assert answer.body.get("reason", "") == reason
    assert fragment in answer.body["message"]
