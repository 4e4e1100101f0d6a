"""No provider asks a host that the platform did not name, wherever an answer sends it (D39)."""

import json
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from initsync import providers
from initsync.network.transport import Network
from initsync.testing.pki import Authority
from initsync.words.errors import JasmError
from tests.initsync.providers.vault.standin import StandIn

ELSEWHERE = "elsewhere.example"
TOKEN = "e30.e30.pl4nted"  # a JWT without claims


class World:
    """A server that every name leads to, and the names that were asked for."""

    def __init__(self, server: StandIn, directory: Path, ca_file: str) -> None:
        self.server, self.directory, self.ca_file = server, directory, ca_file
        self.hosts: set[str] = set()

    def resolve(self, host: str | bytes, *_: object, **__: object) -> list[tuple[Any, ...]]:
        """In place of `socket.getaddrinfo`."""
        self.hosts.add(host.decode() if isinstance(host, bytes) else host)
        address = ("127.0.0.1", self.server.port)
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    authority = Authority(tmp_path)
    (tmp_path / "token").write_text(TOKEN)
    source = {"credential_source": {"file": str(tmp_path / "token")}}
    (tmp_path / "google.json").write_text(json.dumps(_GOOGLE | source))
    names = tuple(host for it in NAMED.values() for host in it.hosts)
    with StandIn(authority, (*names, ELSEWHERE)) as server:
        world = World(server, tmp_path, str(authority.ca))
        monkeypatch.setattr(socket, "getaddrinfo", world.resolve)
        monkeypatch.setenv("SSL_CERT_FILE", world.ca_file)
        yield world


class Named:
    """What a platform says, and the hosts that it names thereby."""

    def __init__(self, path: str, env: Mapping[str, str], *hosts: str) -> None:
        self.path, self.env, self.hosts = path, env, hosts


_AWS = {"AWS_REGION": "eu-west-1", "AWS_CA_BUNDLE": "{ca}"}
_IRSA = {
    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "{directory}/token",
}
_KEYS = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted"}
_GOOGLE = {"type": "external_account", "audience": "//iam.googleapis.com/projects/1"}
NAMED = {  # one of AWS's logs in first, and gets no farther; the other asks the store
    "aws-parameter-store": Named(
        "/prod/db", _AWS | _IRSA, "ssm.eu-west-1.amazonaws.com", "sts.eu-west-1.amazonaws.com"
    ),
    "aws-secretsmanager": Named(
        "/prod/db",
        _AWS | _KEYS,
        "secretsmanager.eu-west-1.amazonaws.com",
        "sts.eu-west-1.amazonaws.com",
    ),
    "azure-keyvault": Named(
        "shop/db",
        {
            "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
            "AZURE_CLIENT_ID": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555",
            "AZURE_FEDERATED_TOKEN_FILE": "{directory}/token",
        },
        *("login.microsoftonline.com", "shop.vault.azure.net"),
    ),
    "vault": Named(
        "secret/db",
        {
            "VAULT_ADDR": "https://vault.example",
            "VAULT_CACERT": "{ca}",
            "JASM_VAULT_ROLE": "app",
            "JASM_VAULT_TOKEN_FILE": "{directory}/token",
        },
        "vault.example",
    ),
    "gcp-secret-manager": Named(
        "projects/shop/secrets/db",
        {"GOOGLE_APPLICATION_CREDENTIALS": "{directory}/google.json"},
        "sts.googleapis.com",
        "secretmanager.googleapis.com",
    ),
}
LOCATIONS = (
    f"https://{ELSEWHERE}/v1/secret/data/db",
    f"http://{ELSEWHERE}/",
    f"//{ELSEWHERE}/",
    f"https://vault.example@{ELSEWHERE}/",
    f"https://{ELSEWHERE}:443/?x=https://vault.example",
)
ANSWERS = [
    *((location, 307) for location in LOCATIONS),
    *((LOCATIONS[0], status) for status in (200, 301, 302, 303, 308, 401)),
]
BODY = {"url": f"https://{ELSEWHERE}", "error": "invalid", "errors": [f"https://{ELSEWHERE}"]}


def test_every_provider_of_the_table_is_tried() -> None:
    assert set(NAMED) == set(providers.PROVIDERS)


@pytest.mark.parametrize(("location", "status"), ANSWERS)
@pytest.mark.parametrize("name", NAMED)
def test_it_asks_no_host_but_those(world: World, name: str, location: str, status: int) -> None:
    named = NAMED[name]
    replaced = {"directory": str(world.directory), "ca": world.ca_file}
    env = {key: value.format(**replaced) for key, value in named.env.items()}
    challenge = f'Bearer authorization="https://{ELSEWHERE}/", resource="https://{ELSEWHERE}"'
    headers = (f"location: {location}", f"www-authenticate: {challenge}")
    world.server.will(status, json.dumps(BODY).encode(), *headers)
    network = Network({}, lambda: 5.0, lambda _: None)
    provider = providers.load(name)(env, time.time, network)

    for ask in (provider.fetch, provider.whoami):
        with pytest.raises(JasmError) as caught:
            ask(named.path)
        assert "pl4nted" not in str(caught.value)
    network.close()

    assert world.hosts
    assert world.hosts <= {*named.hosts}
