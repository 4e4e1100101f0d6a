"""EKS Pod Identity and ECS: credentials from an endpoint beside the container."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.utils import ContainerMetadataFetcher
from hypothesis import given
from hypothesis import strategies as st

from initsync.network.transport import Connection, Response, TransportError
from initsync.providers.aws import container
from initsync.providers.aws.sigv4 import Credentials
from initsync.words import keys
from initsync.words.errors import NoIdentity, NoIdentityYet, ProviderUnavailable

AGENT = "http://169.254.170.23/v1/credentials"
GIVEN = {
    "AccessKeyId": "ASIA1",
    "SecretAccessKey": "pl4nted-key",
    "Token": "pl4nted-token",
    "Expiration": "2025-10-24T10:00:00Z",
}


class Endpoint:
    """Gives one answer, and remembers who was asked for what."""

    def __init__(self, status: int = 200, body: Any = None, headers: Any = None) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body or GIVEN).encode()
        self.answer = Response(status, headers or {}, raw)
        self.asked: list[tuple[str, float, str, str, Mapping[str, str]]] = []
        self.closed = 0

    def connect(self, url: str, timeout: float) -> Connection:
        self.place = (url, timeout)
        return cast(Connection, self)

    def request(self, method: str, target: str, headers: Mapping[str, str]) -> Response:
        self.asked.append((*self.place, method, target, headers))
        return self.answer

    def close(self) -> None:
        self.closed += 1


def test_pod_identity_sends_the_token_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first")
    env = {container.FULL_URI: AGENT, container.TOKEN_FILE: str(tmp_path / "token")}
    endpoint = Endpoint()

    found = container.credentials(env, endpoint.connect)

    assert isinstance(found, Credentials)
    assert (found.access_key_id, found.expires) == ("ASIA1", 1_761_300_000.0)
    headers = {"accept": "application/json", "authorization": "first"}
    asked = ("http://169.254.170.23", container.TIMEOUT, "GET", "/v1/credentials", headers)
    assert (endpoint.asked, endpoint.closed) == ([asked], 1)


def test_ecs_has_a_relative_uri_and_names_the_role() -> None:
    endpoint = Endpoint(body=GIVEN | {"RoleArn": "arn:aws:iam::1:role/task"})

    found = container.credentials({container.RELATIVE_URI: "/v2/x?id=5"}, endpoint.connect)

    assert isinstance(found, Credentials)
    assert found.role == "arn:aws:iam::1:role/task"
    url, _, _, target, headers = endpoint.asked[0]
    assert (url, target) == ("http://169.254.170.2", "/v2/x?id=5")
    assert "authorization" not in headers


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({}, "neither AWS_CONTAINER_CREDENTIALS_FULL_URI nor"),
        ({container.FULL_URI: "http://evil.example/x"}, "'http://evil.example/x' is neither https"),
        ({container.FULL_URI: "ftp://127.0.0.1/"}, "is no URL of a host"),
        ({container.FULL_URI: "http://[::1"}, "is no URL of a host"),
        ({container.FULL_URI: "http://u:pl4nted@a.example/x"}, "@a.example/x' is neither"),
        (
            {container.FULL_URI: AGENT, container.TOKEN_FILE: "/none/token"},
            "cannot use /none/token (No such file or directory)",
        ),
        (
            {container.FULL_URI: AGENT, container.TOKEN: "a\nb"},
            "cannot use AWS_CONTAINER_AUTHORIZATION_TOKEN (it has a line break",
        ),
    ],
)
def test_without_a_usable_endpoint_and_token_nothing_is_asked(
    env: dict[str, str], why: str
) -> None:
    endpoint = Endpoint()

    found = container.credentials(env, endpoint.connect)

    assert why in str(found)
    assert "pl4nted" not in str(found)
    assert endpoint.asked == []


@pytest.mark.threat("A cloud role is compromised")
@pytest.mark.parametrize("named", ["account/token", "account/..data/token", "run/token"])
@pytest.mark.parametrize("url", [AGENT, "https://vending.example/credentials"])
def test_the_token_for_the_kubernetes_api_is_sent_to_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, url: str
) -> None:
    """By whatever name: /var/run is a link to /run."""
    (tmp_path / "account/..data").mkdir(parents=True)
    (tmp_path / "run").symlink_to("account")
    (tmp_path / "account/..data/token").write_text("pl4nted-token")
    (tmp_path / "account/token").symlink_to("..data/token")
    monkeypatch.setattr(keys, "SERVICEACCOUNT_DIR", str(tmp_path / "account"))
    endpoint = Endpoint()

    env = {container.FULL_URI: url, container.TOKEN_FILE: str(tmp_path / named)}
    found = container.credentials(env, endpoint.connect)

    assert "only the Kubernetes API gets" in str(found)
    assert endpoint.asked == []


URLS = st.sampled_from(
    [
        "http://169.254.170.2/a",
        "http://169.254.170.23/a",
        "http://[fd00:ec2::23]/a",
        "http://localhost/a",
        "http://LOCALHOST/a",
        "http://127.0.0.1:80/a",
        "http://127.1.2.3/a",
        "http://[::1]/a",
        "http://169.254.169.254/a",
        "http://10.0.0.1/a",
        "http://localhost.example/a",
        "http://127.0.0.1.example/a",
        "http://user@169.254.170.23/a",
        "http://169.254.170.23@example.com/a",
        "https://example.com/a",
        "HTTPS://example.com/a",
    ]
) | st.builds(
    "http://{}/".format, st.ip_addresses().map(lambda ip: f"[{ip}]" if ip.version == 6 else ip)
)


@pytest.mark.threat("A cloud role is compromised")
@given(URLS)
def test_botocore_trusts_the_same_hosts(url: str) -> None:
    try:
        ContainerMetadataFetcher()._validate_allowed_url(url)
        trusted = True
    except ValueError:
        trusted = False

    assert (container.refused(url) == "") == trusted


def test_bytes_that_are_no_token_name_their_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff")
    env = {container.FULL_URI: AGENT, container.TOKEN_FILE: str(tmp_path / "token")}

    found = container.credentials(env, Endpoint().connect)

    assert f"cannot use {tmp_path}/token (it is not a token)" in str(found)


SAID = (
    "[3f1c6f2e-6f3c-4a51-9b7e-0d1f5f0c9a11]: (AccessDeniedException): Unauthorized Exception! EKS "
    "does not have permissions to assume the associated role., fault: client"
)


def test_all_that_the_agent_says_is_told() -> None:
    with pytest.raises(NoIdentity) as caught:
        container.credentials(
            {container.FULL_URI: AGENT}, Endpoint(400, f"{SAID}\n".encode()).connect
        )

    assert SAID in str(caught.value)
    assert "the trust policy of its role" in str(caught.value)


@pytest.mark.parametrize(("status", "spreads"), [(400, True), (404, True), (401, False)])
def test_an_association_that_was_made_just_now_may_be_known_soon(
    status: int, spreads: bool
) -> None:
    with pytest.raises(NoIdentity) as caught:
        container.credentials({container.FULL_URI: AGENT}, Endpoint(status, b"no").connect)

    assert isinstance(caught.value, NoIdentityYet) == spreads


def test_a_definite_no_of_the_agent_is_no_identity() -> None:
    endpoint = Endpoint(403, b"(AccessDeniedException): no association")

    with pytest.raises(NoIdentity) as caught:
        container.credentials({container.FULL_URI: AGENT}, endpoint.connect)

    assert "169.254.170.23 answered 403 '(AccessDeniedException): no association'" in str(
        caught.value
    )
    assert "Pod Identity association of this ServiceAccount" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (429, b""),
        (200, b"<html>"),
        (200, b"{}"),
        (200, b"[]"),
        (200, b'{"Expiration": 5}'),
        (200, b"[" * 100_000),
        (200, json.dumps(GIVEN | {"Token": 5}).encode()),
        (200, json.dumps(GIVEN | {"AccessKeyId": None}).encode()),
        (200, json.dumps(GIVEN | {"SecretAccessKey": ""}).encode()),
        (200, json.dumps(GIVEN | {"Expiration": "0001-01-01T00:00:00"}).encode()),
        (200, json.dumps(GIVEN | {"Expiration": "soon"}).encode()),
    ],
)
def test_trouble_at_the_agent_is_worth_another_try(status: int, body: bytes) -> None:
    endpoint = Endpoint(status, body, {"retry-after": "3"})

    with pytest.raises(ProviderUnavailable) as caught:
        container.credentials({container.FULL_URI: AGENT}, endpoint.connect)

    assert caught.value.retry_after == 3.0


def test_an_agent_that_is_not_there_is_worth_another_try() -> None:
    class Silent(Endpoint):
        def request(self, *_: Any) -> Response:
            raise TransportError("169.254.170.23: no answer within 2 s")

    with pytest.raises(ProviderUnavailable, match="no answer within 2 s"):
        container.credentials({container.FULL_URI: AGENT}, Silent().connect)
