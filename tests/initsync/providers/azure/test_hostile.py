"""Answers that nobody at Microsoft gives: a proxy's page, half an answer, another host."""

import gzip
import json

import pytest

from initsync.words.errors import ProviderUnavailable
from tests.initsync.providers.azure.conftest import Make
from tests.initsync.providers.azure.fake_azure import FakeAzure

GOOD = {"value": "pl4nted", "id": "https://shop.vault.azure.net/secrets/db/01", "attributes": {}}
RAW = json.dumps(GOOD).encode()
BAD = {
    "a page": b"<html>pl4nted</html>",
    "half an answer": RAW[:-5],
    "nothing": b"",
    "a list": b'["pl4nted"]',
    "a value that is no text": b'{"value": {"a": "pl4nted"}}',
    "no value": b'{"id": "pl4nted"}',
    "no UTF-8": b'{"value": "\xff"}',
    "deep": b'{"value": ' + b"[" * 60_000,
    "many parts": b'{"value": "pl4nted", "x": [' + b"1," * 80_000 + b"1]}",
    "gzip that nobody asked for": gzip.compress(RAW),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_a_vaults_answer_that_is_none_is_tried_again(
    azure: FakeAzure, make: Make, body: bytes
) -> None:
    azure.will("secret", 200, body)

    with pytest.raises(ProviderUnavailable, match="HTTP 200, no answer of Azure Key") as caught:
        make().fetch("shop/db")

    assert "pl4nted" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("status", [201, 206, 400, 404])
def test_a_value_with_another_status_is_none(azure: FakeAzure, make: Make, status: int) -> None:
    azure.will("secret", status, RAW)

    with pytest.raises(ProviderUnavailable, match=f"HTTP {status}, no answer of Azure Key Vault"):
        make().fetch("shop/db")


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_so_is_entras(azure: FakeAzure, make: Make, body: bytes) -> None:
    azure.will("token", 200, body)

    with pytest.raises(ProviderUnavailable, match=r"no answer of Microsoft|is larger than"):
        make().fetch("shop/db")


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize("kind", ["token", "secret"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(azure: FakeAzure, make: Make, kind: str, status: int) -> None:
    azure.will(kind, status, b"", Location="https://evil.example/")

    with pytest.raises(ProviderUnavailable, match=f"HTTP {status}, no answer of"):
        make().fetch("shop/db")

    named = ["login.microsoftonline.com:443", "shop.vault.azure.net:443"]
    assert azure.tunnels == named[: 1 + (kind == "secret")]


@pytest.mark.threat("A pod's token is stolen")
def test_a_challenge_sends_no_token_elsewhere(azure: FakeAzure, make: Make) -> None:
    there = 'Bearer authorization="https://evil.example/t", resource="https://evil.example"'
    for _ in range(2):
        azure.will("secret", 401, {"error": {"code": "x"}}, WWW_Authenticate=there)

    with pytest.raises(Exception, match="refused its token twice"):
        make().fetch("shop/db")

    assert azure.tunnels == ["login.microsoftonline.com:443", "shop.vault.azure.net:443"]
    assert {it.form["scope"] for it in azure.requests("POST")} == {
        "https://vault.azure.net/.default"
    }


def test_an_answer_in_chunks_is_one(azure: FakeAzure, make: Make) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, RAW[i : i + 1]) for i in range(len(RAW)))
    azure.will("secret", 200, chunks + b"0\r\n\r\n", Transfer_Encoding="chunked")

    assert make().fetch("shop/db").content == "pl4nted"


def test_a_value_larger_than_azure_has_today_is_one(azure: FakeAzure, make: Make) -> None:
    azure.will("secret", 200, {**GOOD, "value": "pl4nted" * 120_000})

    assert len(make().fetch("shop/db").content) == 840_000


@pytest.mark.parametrize(("kind", "size"), [("token", 200_000), ("secret", 3_000_000)])
def test_what_is_larger_than_anything_is_not_read(
    azure: FakeAzure, make: Make, kind: str, size: int
) -> None:
    azure.will(kind, 200, b" " * size)

    with pytest.raises(ProviderUnavailable, match="the answer is larger than"):
        make().fetch("shop/db")


def test_an_identifier_that_is_none_leaves_the_version_out(azure: FakeAzure, make: Make) -> None:
    azure.will("secret", 200, {"value": "pl4nted", "id": 5, "attributes": ["exp"]})

    found = make().fetch("shop/db")

    assert (found.version, found.warning) == ("", "")
