"""What no OpenBao of a test answers: standbys, proxies, leases, and whoever else listens there."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync import __version__
from initsync.words.errors import (
    InvalidSecretData,
    JasmError,
    ProviderRefused,
    ProviderUnavailable,
    SecretRefused,
)
from tests.initsync.providers.vault.standin import (
    DB,
    JWT,
    MADE,
    SECRET,
    TOKEN,
    Asking,
    StandIn,
    asking_it,
)


@pytest.fixture
def asking(vault: StandIn, tmp_path: Path, trace: list[str]) -> Iterator[Asking]:
    with asking_it(vault, tmp_path, trace) as made:
        yield made


def test_three_requests_on_one_connection(vault: StandIn, asking: Asking) -> None:
    vault.will_log_in()
    vault.will(200, SECRET)
    vault.will(204, b"")
    provider = asking(VAULT_NAMESPACE="ns1")

    found = provider.fetch(DB)
    provider.close()

    assert (found.content, found.version, found.made) == ('{"a":"pl4nted"}', "3", MADE)
    login, read, revoke = vault.asked
    assert login[0] == "POST /v1/auth/kubernetes/login HTTP/1.1"
    assert json.loads(login[2]) == {"role": "app", "jwt": JWT}
    assert "x-vault-token" not in login[1]
    assert read[0] == "GET /v1/secret/data/app/db HTTP/1.1"
    assert revoke[0] == "POST /v1/auth/token/revoke-self HTTP/1.1"
    for _, headers, _ in vault.asked:
        assert headers["x-vault-request"] == "true"
        assert headers["x-vault-namespace"] == "ns1"
        assert headers["user-agent"] == f"jasm-init/{__version__}"
    assert [it[1]["x-vault-token"] for it in (read, revoke)] == [TOKEN, TOKEN]
    assert len(provider._network.connections) == 1


def test_vault_may_be_below_a_path(vault: StandIn, asking: Asking) -> None:
    vault.will_log_in()
    vault.will(200, SECRET)

    asking(VAULT_ADDR=f"{vault.url}/vault/").fetch(DB)

    assert vault.lines()[0] == "POST /vault/v1/auth/kubernetes/login HTTP/1.1"


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
HOSTILE = {
    "HTML": b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>",
    "HTML with a refusal": b"HTTP/1.1 403 No\r\ncontent-length: 13\r\n\r\n<html></html>",
    "another server": b"HTTP/1.1 404 No\r\ncontent-length: 18\r\n\r\n404 page not found",
    "nothing": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "a list": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "no data": b'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"data": 12}',
    "null": b'HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{"data": null}',
    "wrapped": b'HTTP/1.1 200 OK\r\ncontent-length: 31\r\n\r\n{"data": null, "wrap_info": {}}',
    "not HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n\r\n",
    "cut": b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data": {"da',
    "cut in a chunk": CHUNKED + b'9\r\n{"data"',
    "a chunk of no size": CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n",
    "too large": b"HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n" + b" " * 1000,
    "too many parts": b"HTTP/1.1 200 OK\r\ncontent-length: 80000\r\n\r\n" + b"," * 80_000,
    "too deep": b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n" + b"[" * 60_000,
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("at", ["login", "read"])
def test_what_is_no_answer_of_vault_is_tried_again(
    vault: StandIn, asking: Asking, answer: bytes, at: str
) -> None:
    if at == "read":
        vault.will_log_in()
    vault.will_say(answer)

    with pytest.raises(ProviderUnavailable) as caught:
        asking().fetch(DB)

    assert "pl4nted" not in str(caught.value)


def test_gzip_that_nobody_asked_for_is_no_answer(vault: StandIn, asking: Asking) -> None:
    vault.will_log_in()
    vault.will(200, gzip.compress(json.dumps(SECRET).encode()), "content-encoding: gzip")

    with pytest.raises(ProviderUnavailable, match="no answer of Vault"):
        asking().fetch(DB)


def test_an_answer_in_chunks_is_read(vault: StandIn, asking: Asking) -> None:
    raw = json.dumps(SECRET | {"more": "x" * 800_000}).encode()
    chunks = [raw[at : at + 4096] for at in range(0, len(raw), 4096)]
    body = b"".join(f"{len(it):x}\r\n".encode() + it + b"\r\n" for it in chunks)
    vault.will_log_in()
    vault.will_say(CHUNKED + body + b"0\r\n\r\n")

    assert asking().fetch(DB).version == "3"


@pytest.mark.parametrize("status", [412, 429, 472, 473, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_when_vault_says(
    vault: StandIn, asking: Asking, status: int
) -> None:
    vault.will_log_in()
    vault.will(status, {"errors": ["local node not active"]}, "retry-after: 7")

    with pytest.raises(ProviderUnavailable, match=f"HTTP {status}, local node") as caught:
        asking().fetch(DB)

    assert caught.value.retry_after == 7


def test_an_engine_that_is_being_upgraded_is_waited_for(vault: StandIn, asking: Asking) -> None:
    said = (
        "Waiting for the primary to upgrade from non-versioned to versioned data. This backend "
        "will be unavailable for a brief period and will resume service when the primary is "
        "finished."
    )
    vault.will_log_in()
    vault.will(400, {"errors": [said]})

    with pytest.raises(ProviderUnavailable, match="HTTP 400, Waiting for the primary"):
        asking().fetch(DB)


def test_a_secret_with_a_lease_is_refused(vault: StandIn, asking: Asking) -> None:
    lease = {"lease_id": "database/creds/app/1", "data": {"password": "pl4nted"}}
    vault.will_log_in()
    vault.will(200, lease)

    with pytest.raises(SecretRefused, match="it has a lease") as caught:
        asking(JASM_VAULT_KV="1").fetch("database/creds/app")

    assert "pl4nted" not in str(caught.value)


def test_a_refusal_of_no_row_says_what_vault_said(vault: StandIn, asking: Asking) -> None:
    vault.will_log_in()
    vault.will(405, {"errors": ["1 error occurred:\n\t* unsupported operation\n\n"]})

    with pytest.raises(ProviderRefused, match=r"HTTP 405, 1 error occurred: . unsupported"):
        asking().fetch(DB)


@pytest.mark.parametrize("status", [400, 403, 500])
def test_no_sentence_repeats_what_an_answer_repeats_of_the_request(
    vault: StandIn, asking: Asking, status: int
) -> None:
    vault.will(status, {"errors": [f"cannot read {JWT}", "\x1b[31m", 5, "x" * 5000]})

    with pytest.raises(JasmError) as caught:
        asking().fetch(DB)

    assert "cannot read …" in str(caught.value)
    assert len(str(caught.value)) < 1500


def test_what_vault_gives_may_have_no_form_that_a_secret_has(
    vault: StandIn, asking: Asking
) -> None:
    twice = b'{"data":{"data":{"a":{"b":1,"b":2}},"metadata":{"version":1,"created_time":"x"}}}'
    vault.will_log_in()
    vault.will(200, twice)

    with pytest.raises(InvalidSecretData, match="twice"):
        asking().fetch(DB)
