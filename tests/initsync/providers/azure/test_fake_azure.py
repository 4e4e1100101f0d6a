"""The stand-in's answers have the shapes of what Azure itself answered.

Names and kinds of fields as in Microsoft's recordings, such as
https://github.com/Azure/azure-sdk-for-python/tree/main/sdk/keyvault/azure-keyvault-secrets/tests/recordings
(test_samples_secrets, test_example_secret_crud_operations[7.3]); none of their text is here.
"""

import re
from typing import Any

import pytest

from tests.initsync.providers.azure.fake_azure import CLIENT, NOW, TENANT, FakeAzure
from tests.initsync.providers.fake_cloud import Asked, signed

SECRET = {
    "value": str,
    "id": str,
    "attributes": {
        "enabled": bool,
        "exp": int,
        "created": int,
        "updated": int,
        "recoveryLevel": str,
        "recoverableDays": int,
    },
}
REFUSAL = {"error": {"code": str, "message": str}}
INNER = {"error": {"code": str, "message": str, "innererror": {"code": str}}}
CHALLENGE = r'Bearer authorization="https://[\w.]+/[-0-9a-f]{36}", resource="https://vault[\w.]+"'
IDENTIFIER = r"https://[-\w]+\.vault\.azure\.net/secrets/[-\w]+/[0-9a-f]{32}"
HOST = "shop.vault.azure.net"


def shape(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: shape(value) for name, value in found.items()}
    return type(found)


def asked(target: str, token: str = "") -> Asked:
    bearer = token or signed({"aud": "https://vault.azure.net", "appid": CLIENT})
    headers = {"authorization": f"Bearer {bearer}"}
    return Asked(HOST, "GET", f"{target}?api-version=7.3", headers, b"")


def test_a_secret(azure: FakeAzure) -> None:
    azure.put("shop", "db", "pl4nted", exp=NOW)

    found = azure.answer(asked("/secrets/db/"))

    assert (found.status, shape(found.body)) == (200, SECRET)
    assert re.fullmatch(IDENTIFIER, found.body["id"])


def test_a_challenge(azure: FakeAzure) -> None:
    found = azure.answer(asked("/secrets/db/", "none"))

    assert (found.status, shape(found.body)) == (401, REFUSAL)
    assert re.fullmatch(CHALLENGE, found.headers["WWW-Authenticate"])
    assert TENANT in found.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("name", "status", "code"), [("nope", 404, "SecretNotFound"), ("a_b", 400, "BadParameter")]
)
def test_a_refusal(azure: FakeAzure, name: str, status: int, code: str) -> None:
    found = azure.answer(asked(f"/secrets/{name}/"))

    assert (found.status, shape(found.body), found.body["error"]["code"]) == (status, REFUSAL, code)


def test_a_refusal_with_a_reason(azure: FakeAzure) -> None:
    azure.put("shop", "off", "pl4nted", enabled=False)

    disabled = azure.answer(asked("/secrets/off/"))
    azure.readers.clear()
    denied = azure.answer(asked("/secrets/off/"))

    assert [it.status for it in (disabled, denied)] == [403, 403]
    assert [shape(it.body) for it in (disabled, denied)] == [INNER, INNER]
