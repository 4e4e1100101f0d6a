"""Where a standby of Vault sends a pod by a redirect, and where the pod follows it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.testing.pki import Authority
from initsync.words.errors import ProviderUnavailable
from tests.initsync.providers.vault.standin import DB, JWT, SECRET, Asking, StandIn, asking_it


@pytest.fixture
def asking(vault: StandIn, tmp_path: Path, trace: list[str]) -> Iterator[Asking]:
    with asking_it(vault, tmp_path, trace) as made:
        yield made


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
