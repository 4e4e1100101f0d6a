"""What no OpenBao of a test answers: standbys, proxies, leases, and whoever else listens there."""

import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync import __version__
from initsync.network.transport import Network
from initsync.providers.vault.kv import Provider
from initsync.testing.pki import Authority
from initsync.words.errors import (
    AccessDenied,
    InvalidSecretData,
    InvalidSetup,
    JasmError,
    ProviderRefused,
    ProviderUnavailable,
    SecretRefused,
)
from tests.initsync.providers.vault.standin import TOKEN, StandIn

DB = "secret/app/db"
JWT = "pl4nted.jwt.token"
MADE = "2026-11-30T12:00:00.123456789Z"
SECRET = {
    "lease_id": "",
    "data": {"data": {"a": "pl4nted"}, "metadata": {"version": 3, "created_time": MADE}},
}
Asking = Callable[..., Provider]


@pytest.fixture
def vault() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def trace() -> list[str]:
    return []


@pytest.fixture
def asking(vault: StandIn, tmp_path: Path, trace: list[str]) -> Iterator[Asking]:
    network = Network({}, lambda: 5.0, trace.append)
    token = tmp_path / "token"
    token.write_text(JWT)

    def made(**env: str) -> Provider:
        usual = {"VAULT_ADDR": vault.url, "JASM_VAULT_TOKEN_FILE": str(token)}
        return Provider(usual | {"JASM_VAULT_ROLE": "app"} | env, time.time, network)

    yield made
    network.close()


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


@pytest.mark.parametrize("said", ["permission denied", "2 errors occurred:\n\t* invalid token"])
def test_a_token_that_is_never_known_is_asked_for_twice(
    vault: StandIn, asking: Asking, said: str
) -> None:
    for _ in range(2):
        vault.will_log_in()
        vault.will(403, {"errors": [said]})

    with pytest.raises(AccessDenied, match="does not know the token that it gave"):
        asking().fetch(DB)

    assert len(vault.asked) == 4


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


def test_a_token_with_line_breaks_in_it_is_sent_nowhere(
    vault: StandIn, asking: Asking, trace: list[str]
) -> None:
    vault.will_log_in(client_token="s.a\r\nx-evil: 1")

    with pytest.raises(InvalidSetup, match="line break"):
        asking().fetch(DB)

    assert len(vault.asked) == 1


def test_what_vault_gives_may_have_no_form_that_a_secret_has(
    vault: StandIn, asking: Asking
) -> None:
    twice = b'{"data":{"data":{"a":{"b":1,"b":2}},"metadata":{"version":1,"created_time":"x"}}}'
    vault.will_log_in()
    vault.will(200, twice)

    with pytest.raises(InvalidSecretData, match="twice"):
        asking().fetch(DB)


@pytest.mark.parametrize(("life", "logins"), [(120, 1), (0, 1), (59, 2)])
def test_a_token_serves_the_next_sync_until_a_minute_before_its_end(
    vault: StandIn, asking: Asking, life: int, logins: int
) -> None:
    """One of 0 seconds has no end."""
    first, second = asking(), asking()
    vault.will_log_in(lease_duration=life)
    vault.will(200, SECRET)
    if logins == 2:
        vault.will_log_in()
        vault.will(200, SECRET)

    first.fetch(DB)
    second.kept = first.kept
    second.fetch(DB)

    assert sum("/login" in line for line in vault.lines()) == logins
    assert TOKEN not in repr(second.kept)


def test_what_is_given_back_and_refused_is_no_failure(vault: StandIn, asking: Asking) -> None:
    provider = asking()
    vault.will_log_in()
    vault.will(200, SECRET)
    vault.will(503, b"")

    provider.fetch(DB)
    provider.close()
    provider.close()

    assert len(vault.asked) == 3


def test_a_vault_that_is_silent_is_given_nothing_back(vault: StandIn, asking: Asking) -> None:
    """A pod's start would wait for it."""
    provider = asking()
    vault.will_log_in()
    vault.will_say(b"")

    with pytest.raises(ProviderUnavailable):
        provider.fetch(DB)
    provider.close()

    assert len(vault.asked) == 2


class TestARedirect:
    """Of a standby: to hosts that the platform names, once, and by TLS (D39)."""

    @pytest.fixture
    def authority(self, tmp_path: Path) -> Authority:
        return Authority(tmp_path)

    @pytest.fixture
    def leader(self, authority: Authority) -> Iterator[StandIn]:
        with StandIn(authority) as server:
            yield server

    @pytest.fixture
    def asked_for(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Every name that somebody looks up."""
        found: list[str] = []
        resolve = socket.getaddrinfo

        def recorded(host: str | bytes, *more: object, **named: object) -> object:
            found.append(host.decode() if isinstance(host, bytes) else host)
            return resolve(host, *more, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", recorded)
        return found

    def test_is_followed_to_another_port_of_vaults_own_host(
        self, vault: StandIn, leader: StandIn, asking: Asking, authority: Authority
    ) -> None:
        vault.will(307, b"", f"location: {leader.url}/v1/auth/kubernetes/login")
        leader.will_log_in()
        vault.will(200, SECRET)

        assert asking(VAULT_CACERT=str(authority.ca)).fetch(DB).version == "3"
        assert json.loads(leader.asked[0][2])["jwt"] == JWT

    def test_is_followed_to_a_host_that_the_platform_lists(
        self, vault: StandIn, leader: StandIn, asking: Asking, authority: Authority
    ) -> None:
        vault.will(307, b"", f"location: https://localhost:{leader.port}/v1/other/path?x=1")
        leader.will_log_in()
        vault.will(200, SECRET)
        hosts = f"vault-1.example,localhost:{leader.port}"

        asking(VAULT_CACERT=str(authority.ca), JASM_VAULT_REDIRECTS=hosts).fetch(DB)

        assert leader.lines() == ["POST /v1/auth/kubernetes/login HTTP/1.1"]

    @pytest.mark.parametrize(
        "location",
        [
            "https://evil.invalid/v1/auth/kubernetes/login",
            "https://127.0.0.1.evil.invalid/",
            "https://127.0.0.1@evil.invalid/",
            "https://evil.invalid#127.0.0.1",
            "https://localhost:1/",
            "http://127.0.0.1:1/",
            "//evil.invalid/",
            "/v1/elsewhere",
            "ftp://127.0.0.1/",
            "https://[",
            "",
        ],
    )
    def test_to_any_other_place_is_not_followed(
        self, vault: StandIn, asking: Asking, asked_for: list[str], location: str
    ) -> None:
        vault.will(307, b"<html>", f"location: {location}")

        with pytest.raises(ProviderUnavailable, match="JASM_VAULT_REDIRECTS"):
            asking(JASM_VAULT_REDIRECTS="localhost:2").fetch(DB)

        assert set(asked_for) == {"127.0.0.1"}
        assert len(vault.asked) == 1

    def test_is_followed_once(
        self, vault: StandIn, leader: StandIn, asking: Asking, authority: Authority
    ) -> None:
        for server in (vault, leader):
            server.will(307, b"", f"location: {leader.url}/v1/auth/kubernetes/login")

        with pytest.raises(ProviderUnavailable, match="HTTP 307"):
            asking(VAULT_CACERT=str(authority.ca)).fetch(DB)

        assert (len(vault.asked), len(leader.asked)) == (1, 1)

    def test_is_not_followed_where_the_ca_is_another(
        self, vault: StandIn, leader: StandIn, asking: Asking
    ) -> None:
        vault.will(307, b"", f"location: {leader.url}/")

        with pytest.raises(ProviderUnavailable, match="not trusted"):
            asking().fetch(DB)

        assert leader.asked == []

    def test_to_a_leader_that_is_dead_is_tried_again(
        self, vault: StandIn, asking: Asking, authority: Authority
    ) -> None:
        vault.will(307, b"", "location: https://127.0.0.1:1/")

        with pytest.raises(ProviderUnavailable, match="Connection refused"):
            asking(VAULT_CACERT=str(authority.ca)).fetch(DB)
