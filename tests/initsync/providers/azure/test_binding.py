"""Identity bindings of AKS: the token comes from the cluster's token proxy, in Entra's place."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from initsync.network.transport import Network
from initsync.providers.azure.keyvault import Provider
from initsync.words.errors import InvalidSetup, NoIdentityYet, ProviderUnavailable
from tests import oracles
from tests.initsync.providers.azure.fake_azure import BINDING, BOUND_AUDIENCE, NOW, FakeAzure

SDK = Path(__file__).with_name("keyvault_sdk.py")
NAME = "login.example.test"
"""Of the token proxy's certificate, which its address has not."""
OF_CLIENTS = {"user-agent", "accept-encoding", "connection", "x-ms-client-request-id"}
PROXY, SNI, CA_FILE, CA_DATA = (
    f"AZURE_KUBERNETES_{it}" for it in ("TOKEN_PROXY", "SNI_NAME", "CA_FILE", "CA_DATA")
)


class Bound:
    """A pod whose identity is bound, and the token proxy of its cluster."""

    def __init__(self, azure: FakeAzure) -> None:
        self.azure = azure
        self.names: list[str | None] = []
        azure.tls.sni_callback = lambda _, name, __: self.names.append(name)
        handler = azure._server.RequestHandlerClass
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.server.socket = azure.tls.wrap_socket(self.server.socket, server_side=True)
        url = f"https://127.0.0.1:{self.server.server_port}{BINDING}"
        self.env = azure.env | {PROXY: url, SNI: NAME, CA_FILE: azure.ca}
        azure.give_token(aud=BOUND_AUDIENCE)
        azure.put("shop", "db", "pl4nted")

    def fetch(self, env: Mapping[str, str]) -> str | bytes | Mapping[str, str]:
        """By Azure's own hosts through the stand-in, by the token proxy directly."""
        ways = {"https_proxy": self.azure.url, "no_proxy": "127.0.0.1"}
        network = Network(ways, lambda: 60.0, lambda _: None)
        try:
            return Provider(env, lambda: float(NOW), network).fetch("shop/db").content
        finally:
            network.close()


@pytest.fixture
def bound(azure: FakeAzure) -> Iterator[Bound]:
    found = Bound(azure)
    thread = threading.Thread(target=found.server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def test_both_ask_the_token_proxy_the_same(bound: Bound) -> None:
    azure = bound.azure

    assert bound.fetch(bound.env) == "pl4nted"
    (ours,) = azure.requests("POST")
    azure.asked.clear()
    way = {"HTTPS_PROXY": azure.url, "NO_PROXY": "127.0.0.1", "REQUESTS_CA_BUNDLE": azure.ca}
    place = ["login.microsoftonline.com", "https://shop.vault.azure.net", "db", None]
    env = bound.env | way | {"PATH": os.environ["PATH"]}
    (found,) = oracles.asked(SDK, env, json.dumps([place]))
    (theirs,) = azure.requests("POST")

    assert found["value"] == "pl4nted"
    assert (ours.host, ours.target) == (theirs.host, theirs.target)
    assert ours.form.items() <= theirs.form.items()
    assert theirs.headers.keys() - ours.headers.keys() <= OF_CLIENTS
    assert bound.names.count(NAME) == 2


def test_its_ca_may_be_in_the_environment_and_is_the_only_one_trusted(
    bound: Bound, tmp_path: Path
) -> None:
    with_text = {**bound.env, CA_FILE: "", CA_DATA: Path(bound.azure.ca).read_text()}
    assert bound.fetch(with_text) == "pl4nted"

    with pytest.raises(InvalidSetup, match="cannot use the CA file"):
        bound.fetch({**bound.env, CA_FILE: str(tmp_path / "none")})
    with pytest.raises(ProviderUnavailable, match="its certificate is not trusted"):
        bound.fetch({**bound.env, SNI: "another.example"})


def test_a_right_that_lacks_is_one_of_the_cluster(bound: Bound) -> None:
    bound.azure.give_token(aud=BOUND_AUDIENCE, sub="system:serviceaccount:shop:other")

    with pytest.raises(NoIdentityYet, match=r"use-managed-identity on \S+ of cid\.wi\.aks"):
        bound.fetch(bound.env)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({PROXY: ""}, f"{PROXY} is not set, and {SNI}, {CA_FILE} is"),
        ({CA_DATA: "x"}, f"{CA_FILE} and {CA_DATA} are both set"),
        ({PROXY: "http://10.0.0.1"}, "not https"),
        ({PROXY: "https://u:pl4nted@10.0.0.1"}, r"https://\.\.\.@10\.0\.0\.1"),
        ({PROXY: "https://10.0.0.1/?x=1"}, "a host alone"),
    ],
)
def test_half_of_a_binding_sends_the_token_nowhere(
    bound: Bound, env: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidSetup, match=said) as caught:
        bound.fetch(bound.env | env)

    assert "pl4nted" not in str(caught.value)
    assert bound.azure.asked == []
