"""Azure Key Vault: what is asked, and every answer as a row of the failure table."""

import socket
import threading
from typing import Any

import pytest

from initsync.network.transport import Network
from initsync.network.trust import System
from initsync.providers.azure import api
from initsync.providers.azure.keyvault import Provider
from initsync.sync import data
from initsync.words.errors import (
    AccessDenied,
    JasmError,
    NoIdentity,
    ProviderRefused,
    ProviderUnavailable,
    SecretNotFound,
    SecretRefused,
)
from initsync.words.model import Key, PodRef, Selection, SyncRequest
from tests.initsync.providers.azure.conftest import Make
from tests.initsync.providers.azure.fake_azure import CLIENT, NOW, FakeAzure, refused

REQUEST = SyncRequest("azure-keyvault", "shop/db", "db", PodRef("shop", "web-1", "0b2a"))
WHOLE = Selection(format="text", keys=(Key("PASSWORD", "PASSWORD"),))


def test_one_login_and_one_request_give_the_secret(azure: FakeAzure, make: Make) -> None:
    version = azure.put("shop", "db", '{"user": "u", "port": 5432}')

    found = make().fetch("shop/db")

    assert (found.version, found.warning, found.note) == (version, "", "")
    assert data.of([(REQUEST, found)]) == {"user": "u", "port": "5432"}
    assert [it.method for it in azure.asked] == ["POST", "GET"]
    assert azure.asked[1].target == "/secrets/db/?api-version=7.4"


def test_what_is_no_json_is_one_value(azure: FakeAzure, make: Make) -> None:
    azure.put("shop", "db", "pl4nted, as most secrets there are")

    found = make().fetch("shop/db")

    entry = REQUEST._replace(selection=WHOLE)
    assert data.of([(entry, found)]) == {"PASSWORD": "pl4nted, as most secrets there are"}


def test_a_version_is_asked_for_by_its_id(azure: FakeAzure, make: Make) -> None:
    first = azure.put("shop", "db", "pl4nted-1")
    azure.put("shop", "db", "pl4nted-2")

    found = make().fetch("shop/db", first)

    assert (found.content, found.version) == ("pl4nted-1", first)


def test_a_name_alone_is_looked_for_in_the_platforms_vault(azure: FakeAzure, make: Make) -> None:
    azure.put("shop", "db", "pl4nted")

    make(JASM_AZURE_VAULT="shop").fetch("db")

    assert azure.asked[1].host == "shop.vault.azure.net"


def test_a_second_secret_needs_no_second_login(azure: FakeAzure, make: Make) -> None:
    azure.put("shop", "db", "pl4nted")
    provider = make()

    provider.prepare("shop/db")
    provider.fetch("shop/db")
    provider.fetch("shop/db")

    assert [it.method for it in azure.asked] == ["POST", "GET", "GET"]
    assert azure.tunnels == ["login.microsoftonline.com:443", "shop.vault.azure.net:443"]


def test_several_threads_log_in_once(azure: FakeAzure, make: Make) -> None:
    azure.put("shop", "db", "pl4nted")
    provider = make()
    threads = [threading.Thread(target=provider.fetch, args=("shop/db",)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [it.method for it in azure.asked] == ["POST", *["GET"] * 8]
    assert len(azure.tunnels) == 2


def test_a_token_that_ends_is_made_anew(azure: FakeAzure, network: Network) -> None:
    azure.put("shop", "db", "pl4nted")
    clock = [float(NOW)]
    provider = Provider(azure.env, lambda: clock[0], network)

    for later in (0, 3500, 3550, 3550):  # of 3599, a minute of which is none to begin with
        clock[0] = float(NOW + later)
        provider.fetch("shop/db")

    assert [it.method for it in azure.asked] == ["POST", "GET", "GET", "POST", "GET", "GET"]


def test_after_a_401_it_logs_in_again_once(azure: FakeAzure, make: Make) -> None:
    azure.put("shop", "db", "pl4nted")
    provider = make()
    provider.fetch("shop/db")
    azure.will("secret", 401, refused(401, "Unauthorized", "AKV10009: it has expired").body)

    assert provider.fetch("shop/db").content == "pl4nted"

    assert [it.method for it in azure.asked] == ["POST", "GET", "GET", "POST", "GET"]
    first, second = (azure.asked[it].headers["authorization"] for it in (1, 4))
    assert first != second


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"exp": NOW - 10}, "it expired at 2025-11-30T10:53:10Z: renew it in the vault"),
        ({"exp": NOW}, "it expired at"),
        ({"nbf": NOW + 10}, "it counts from 2025-11-30T10:53:30Z on"),
        ({"exp": NOW + 10, "nbf": NOW - 10}, ""),
        ({"exp": "soon", "nbf": 1e300}, ""),
        ({"exp": True, "nbf": 10**30}, ""),
    ],
)
def test_a_secret_beyond_its_dates_is_given_with_a_warning(
    azure: FakeAzure, make: Make, attributes: dict[str, Any], said: str
) -> None:
    azure.put("shop", "db", "pl4nted", **attributes)

    found = make().fetch("shop/db")

    assert found.content == "pl4nted"
    assert said in found.warning
    assert bool(said) == bool(found.warning)


def test_who_asks_is_the_application_that_entra_gave_a_token_to(
    azure: FakeAzure, make: Make
) -> None:
    assert make().whoami("shop/db").startswith(f"application {CLIENT} of tenant ")
    assert [it.method for it in azure.asked] == ["POST"]


def test_a_secret_that_is_not_there(make: Make) -> None:
    with pytest.raises(SecretNotFound) as caught:
        make().fetch("shop/nope")

    assert "'shop/nope' in vault shop (SecretNotFound: A secret" in str(caught.value)
    assert "correct path or vault" in str(caught.value)


def test_a_version_that_is_not_there(azure: FakeAzure, make: Make) -> None:
    azure.put("shop", "db", "pl4nted")

    with pytest.raises(SecretNotFound, match="list-versions --vault-name shop"):
        make().fetch("shop/db", "0" * 32)


def test_a_disabled_one_is_to_be_enabled_and_not_granted(azure: FakeAzure, make: Make) -> None:
    azure.put("shop", "db", "pl4nted", enabled=False)

    with pytest.raises(SecretRefused, match=r"SecretDisabled: .*enable it: az keyvault"):
        make().fetch("shop/db")


def test_without_the_role_it_is_named_with_the_scope(azure: FakeAzure, make: Make) -> None:
    azure.readers.clear()

    with pytest.raises(AccessDenied) as caught:
        make().fetch("shop/db")

    said = str(caught.value)
    assert said.startswith(f"azure-keyvault shop refused application {CLIENT}")
    assert "DeniedWithNoValidRBAC" in said
    assert "grant it the role Key Vault Secrets User on db" in said
    assert "\r" not in said


@pytest.mark.parametrize(
    ("status", "code", "inner", "kind", "said"),
    [
        (403, "Forbidden", "AccessDenied", AccessDenied, "Get on secrets, in that vault's access"),
        (403, "Forbidden", "ForbiddenByPolicy", AccessDenied, "access policies"),
        (403, "Forbidden", "ForbiddenByFirewall", ProviderRefused, "let the pods' addresses"),
        (403, "Forbidden", "ForbiddenByConnection", ProviderRefused, "reached privately"),
        (403, "Forbidden", "", AccessDenied, "Key Vault Secrets User"),
        (400, "BadParameter", "", SecretRefused, "names are letters, digits and dashes"),
        (409, "Conflict", "", ProviderRefused, "look up that code"),
    ],
)
def test_other_refusals_each_say_what_to_do(
    azure: FakeAzure,
    make: Make,
    status: int,
    code: str,
    inner: str,
    kind: type[JasmError],
    said: str,
) -> None:
    azure.will("secret", status, refused(status, code, "because", inner).body)

    with pytest.raises(kind, match=said) as caught:
        make().fetch("shop/db")

    assert f"{inner or code}: because" in str(caught.value)
    assert not caught.value.transient


def test_a_second_401_is_an_identity_that_the_vault_does_not_know(
    azure: FakeAzure, make: Make
) -> None:
    for _ in range(2):
        azure.will("secret", 401, refused(401, "Unauthorized", "AKV10032: Invalid issuer.").body)

    with pytest.raises(NoIdentity, match=r"AKV10032: Invalid issuer.*another tenant"):
        make().fetch("shop/db")

    assert len(azure.requests("GET")) == 2


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_passes_by_itself_is_tried_again_when_azure_says(
    azure: FakeAzure, make: Make, status: int
) -> None:
    body = refused(status, "Unforeseen", "too many requests").body
    azure.will("secret", status, body, Retry_After="7")

    with pytest.raises(ProviderUnavailable) as caught:
        make().fetch("shop/db")

    assert (caught.value.retry_after, caught.value.transient) == (7.0, True)
    assert f"HTTP {status}, Unforeseen: too many requests" in str(caught.value)


def test_a_vault_that_no_name_server_knows_is_perhaps_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    network = Network({}, lambda: 60.0, lambda _: None)
    vault = network.proxied("https://shop.vault.azure.net", System())

    with pytest.raises(ProviderUnavailable, match=r"cannot be resolved .*is there one of that"):
        api.secret(vault, "db", "", "pl4nted-token")
