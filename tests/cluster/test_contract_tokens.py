"""Whose a token is, asked of the embedded API server and of the real one."""

import pytest

from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject
from initsync.words.rules import user_name
from tests.cluster.contract import of_both

pytestmark = of_both
REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"


def review(api: ApiServer, token: str, *audiences: str) -> JsonObject:
    spec = {"token": token, **({"audiences": list(audiences)} if audiences else {})}
    kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    answer = api.request("POST", REVIEWS, kind | {"spec": spec})
    assert answer.status == 201
    status: JsonObject = answer.body["status"]
    return status


@pytest.mark.parametrize("audience", [None, "vault"])
def test_a_service_accounts_token_is_known_for_its_audience(
    api: ApiServer, namespace: str, audience: str | None
) -> None:
    api.create_service_account(namespace, "app")
    token = api.create_token(namespace, "app", audience=audience)

    found = review(api, token, *filter(None, [audience]))

    assert found["authenticated"] is True
    assert found["user"]["username"] == user_name(namespace, "app")
    assert f"system:serviceaccounts:{namespace}" in found["user"]["groups"]
    assert found["audiences"] == [audience or "https://kubernetes.default.svc"]


@pytest.mark.parametrize("audiences", [(), ("other",)])
def test_a_token_for_another_audience_is_nobodys(
    api: ApiServer, namespace: str, audiences: tuple[str, ...]
) -> None:
    api.create_service_account(namespace, "app")

    found = review(api, api.create_token(namespace, "app", audience="vault"), *audiences)

    assert "authenticated" not in found
    assert found["user"] == {}
    assert "invalid bearer token" in found["error"]


def test_what_is_no_token_is_nobodys(api: ApiServer) -> None:
    assert "authenticated" not in review(api, "pl4nted")
