"""The lean client beside Microsoft's own, azure-identity and azure-keyvault-secrets: both ask the
stand-in, which sees that they ask the same, and both read the same from its answers."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from initsync.providers.azure import azcli
from initsync.providers.bearer import Bearer
from initsync.words.errors import JasmError
from tests import oracles
from tests.initsync.providers.azure.conftest import Make
from tests.initsync.providers.azure.fake_azure import CLOUDS, NOW, FakeAzure
from tests.initsync.providers.fake_cloud import Asked

SCRIPT = Path(__file__).with_name("keyvault_sdk.py")
# What a client of many parts says and this one does not: that it can read a claims challenge.
MORE = {"claims"}
OF_CLIENTS = {"user-agent", "accept-encoding", "connection", "x-ms-client-request-id"}
REFUSED = ("nope", "off", "a_b")


def told(azure: FakeAzure, wanted: list[list[str | None]]) -> Any:
    """What Microsoft's client says of it."""
    way = {"HTTPS_PROXY": azure.url, "REQUESTS_CA_BUNDLE": azure.ca, "PATH": os.environ["PATH"]}
    return oracles.asked(SCRIPT, azure.env | way, json.dumps(wanted))


def vaults(asked: list[Asked]) -> list[tuple[str, str, str]]:
    """Requests for secrets that carry a token."""
    found = (it for it in asked if it.method == "GET" and "authorization" in it.headers)
    return [(it.host, it.target, it.headers["accept"]) for it in found]


def test_both_ask_az_the_same(azure: FakeAzure, tmp_path: Path) -> None:
    answer = {"accessToken": "pl4nted", "expires_on": NOW + 3600, "tenant": "t1"}
    az = tmp_path / "az"
    az.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/said\necho '{json.dumps(answer)}'\n")
    az.chmod(0o755)
    env, scope = {"PATH": f"{tmp_path}:/usr/bin:/bin"}, "https://vault.azure.net/.default"

    ours = azcli.bearer(env, scope, NOW)
    theirs = oracles.asked(Path(__file__).with_name("azcli_sdk.py"), env, scope)

    assert isinstance(ours, Bearer)
    assert [ours.token, int(ours.expires)] == theirs
    mine, other = (tmp_path / "said").read_text().splitlines()
    assert mine == other


def test_both_ask_the_same_and_read_the_same(azure: FakeAzure, make: Make) -> None:
    first = azure.put("shop", "db", '{"a": "pl4nted-1"}')
    last = azure.put("shop", "db", '{"a": "pl4nted-2"}')
    old = azure.put("shop", "old", "pl4nted", exp=NOW - 9, nbf=NOW - 99)
    azure.put("shop", "off", "pl4nted", enabled=False)
    provider = make()
    good = [("db", ""), ("db", first), ("old", "")]

    ours = [provider.fetch(f"shop/{name}", version) for name, version in good]
    for name in REFUSED:
        with pytest.raises(JasmError):
            provider.fetch(f"shop/{name}")
    by_us = azure.asked.copy()
    azure.asked.clear()
    place = ["login.microsoftonline.com", "https://shop.vault.azure.net"]
    wanted = [*([*place, name, version or None] for name, version in good)]
    theirs = told(azure, wanted + [[*place, name, None] for name in REFUSED])

    values = [(it["value"], it["version"]) for it in theirs[:3]]
    assert [(it.content, it.version) for it in ours] == values
    assert [it.version for it in ours] == [last, first, old]
    assert theirs[2]["times"] == [NOW - 9, NOW - 99]
    codes = [(it["status"], it["code"]) for it in theirs[3:]]
    assert codes == [(404, "SecretNotFound"), (403, "Forbidden"), (400, "BadParameter")]
    assert vaults(by_us) == vaults(azure.asked)


def test_both_log_in_with_the_same_form_in_every_cloud(azure: FakeAzure, make: Make) -> None:
    azure.put("shop", "db", "pl4nted")
    clouds = {login: suffix for login, suffix in CLOUDS.items() if "example" not in login}

    for login in clouds:
        make(AZURE_AUTHORITY_HOST=f"https://{login}/").fetch("shop/db")
    by_us = azure.requests("POST")
    azure.asked.clear()
    told(azure, [[it, f"https://shop.{suffix}", "db", None] for it, suffix in clouds.items()])

    for mine, theirs in zip(by_us, azure.requests("POST"), strict=True):
        assert (mine.host, mine.target) == (theirs.host, theirs.target)
        assert mine.form == {name: it for name, it in theirs.form.items() if name not in MORE}
        assert mine.headers["content-type"] == theirs.headers["content-type"]
        assert theirs.headers.keys() - mine.headers.keys() <= OF_CLIENTS
    assert [it.host for it in by_us] == list(clouds)
