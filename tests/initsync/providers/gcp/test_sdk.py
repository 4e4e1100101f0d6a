"""Google's own clients and ours, side by side at the same Google: what each sends and reads."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from initsync.providers.gcp.secretmanager import Provider
from initsync.words.errors import JasmError
from tests import oracles
from tests.initsync.providers.fake_cloud import Asked
from tests.initsync.providers.gcp.conftest import Make
from tests.initsync.providers.gcp.fake_gcp import PROJECT, FakeGcp

SCRIPT = Path(__file__).with_name("gcp_sdk.py")
HOME = f"projects/{PROJECT}/secrets"
REGIONAL = f"projects/{PROJECT}/locations/europe-west1/secrets"


def sdk(gcp: FakeGcp, names: list[str], *file: str) -> list[dict[str, Any]]:
    env = {
        "HTTPS_PROXY": gcp.url,
        "NO_PROXY": "127.0.0.1",
        "REQUESTS_CA_BUNDLE": gcp.ca,
        "GCE_METADATA_HOST": gcp.metadata,
        "GCE_METADATA_IP": gcp.metadata,
    }
    found: list[dict[str, Any]] = oracles.asked(SCRIPT, env, json.dumps(names), *file)
    return found


def filled(gcp: FakeGcp) -> None:
    gcp.put("db", b'{"a": "pl4nted-1"}')
    gcp.put("db", b'{"a": "pl4nted-2"}')
    gcp.put("bytes", b"\xff\x00pl4nted")
    gcp.put("db", b"pl4nted", location="europe-west1")
    gcp.put("off", b"pl4nted", state="DISABLED")
    gcp.put("gone", b"pl4nted", state="DESTROYED")
    gcp.aliases["blue"] = 1


def ours(provider: Provider, name: str) -> dict[str, Any]:
    """As the script tells it."""
    try:
        found = provider.fetch(name)
    except JasmError as error:
        return {"refused": str(error)}
    assert isinstance(found.content, bytes)
    return {"value": found.content.decode("latin-1"), "version": found.version}


def sent(asked: Asked) -> tuple[str, str, str]:
    return asked.host, asked.method, urlsplit(asked.target).path


def test_both_read_the_same_of_every_form_of_name(gcp: FakeGcp, make: Make) -> None:
    filled(gcp)
    names = [f"{HOME}/db/versions/{it}" for it in ("latest", "1", "blue")]
    names += [f"{HOME}/bytes/versions/latest", f"{REGIONAL}/db/versions/latest"]

    theirs = sdk(gcp, names)
    asked_by_sdk = list(map(sent, gcp.requests("secret")))
    gcp.asked.clear()
    provider = make()

    assert [ours(provider, name) for name in names] == theirs
    assert list(map(sent, gcp.requests("secret"))) == asked_by_sdk


def test_both_are_refused_with_the_same_words(gcp: FakeGcp, make: Make) -> None:
    filled(gcp)
    names = [f"{HOME}/{it}/versions/latest" for it in ("nope", "off", "gone")]
    names.append(f"{HOME}/db/versions/9")

    theirs = sdk(gcp, names)
    provider = make()

    for name, it in zip(names, theirs, strict=True):
        assert it["said"].partition(": ")[2] in ours(provider, name)["refused"]


def test_both_ask_the_metadata_server_alike(gcp: FakeGcp, make: Make) -> None:
    filled(gcp)

    sdk(gcp, [f"{HOME}/db/versions/latest"])
    theirs = [it for it in gcp.requests("metadata") if "/token" in it.target]
    gcp.asked.clear()
    make().fetch(f"{HOME}/db")
    (mine,) = gcp.requests("metadata")

    assert {(it.method, it.target) for it in theirs} == {(mine.method, mine.target)}
    assert mine.headers["metadata-flavor"] == theirs[0].headers["metadata-flavor"]


@pytest.mark.parametrize("impersonating", [False, True], ids=["direct", "impersonating"])
@pytest.mark.parametrize("in_json", [False, True], ids=["text", "json"])
def test_both_log_in_alike_by_a_configuration_file(
    gcp: FakeGcp, make: Make, impersonating: bool, in_json: bool
) -> None:
    filled(gcp)
    changes: dict[str, Any] = {}
    token = gcp.give_token()
    if in_json:
        token.write_text(json.dumps({"access": token.read_text()}))
        form = {"type": "json", "subject_token_field_name": "access"}
        changes = {"credential_source": {"file": str(token), "format": form}}
    env = gcp.impersonating(**changes) if impersonating else gcp.configuration(**changes)
    name = f"{HOME}/db/versions/latest"

    theirs = sdk(gcp, [name], env["GOOGLE_APPLICATION_CREDENTIALS"])
    asked_by_sdk = list(gcp.asked)
    gcp.asked.clear()

    assert [ours(make(**env), name)] == theirs
    assert list(map(sent, gcp.asked)) == list(map(sent, asked_by_sdk))
    for mine, it in zip(gcp.asked, asked_by_sdk, strict=True):
        assert told(mine) == told(it)


def told(asked: Asked) -> Mapping[str, Any]:
    """What a body says: a field without a value is none."""
    if asked.method == "GET":
        return {}
    form = "json" not in asked.headers["content-type"]
    found = asked.form if form else json.loads(asked.body)
    return {name: value for name, value in found.items() if value}
