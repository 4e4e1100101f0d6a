"""The identity: what a pod must have, and how Entra's refusals are told."""

from pathlib import Path
from typing import Any

import pytest

from initsync.network.transport import Network
from initsync.providers.azure.entra import VARIABLES
from initsync.providers.azure.keyvault import Provider
from initsync.words.errors import (
    InvalidSetup,
    JasmError,
    NoIdentity,
    NoIdentityYet,
    ProviderUnavailable,
)
from tests.initsync.providers.azure.conftest import Make
from tests.initsync.providers.azure.fake_azure import CLIENT, NOW, SUBJECT, FakeAzure


@pytest.mark.parametrize("name", VARIABLES)
def test_without_one_of_the_webhooks_variables_it_says_which_and_what_sets_it(
    make: Make, name: str
) -> None:
    with pytest.raises(NoIdentity) as caught:
        make(**{name: ""}).fetch("shop/db")

    said = str(caught.value)
    assert f"workload identity: {name} not set" in said
    assert 'label the pod azure.workload.identity/use: "true"' in said
    assert "azure.workload.identity/client-id" in said


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file"), (b"\xff\xfe", "it is not a token"), (b" \n", "holds no token")],
)
def test_a_token_that_cannot_be_used_is_named_by_its_file(
    make: Make, tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "own-token"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(NoIdentity, match=why) as caught:
        make(AZURE_FEDERATED_TOKEN_FILE=str(file)).fetch("shop/db")

    assert str(file) in str(caught.value)


@pytest.mark.threat("A pod's token is stolen")
def test_the_token_for_the_kubernetes_api_is_never_sent(
    azure: FakeAzure, make: Make, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("pl4nted")
    (tmp_path / "alias").symlink_to(tmp_path / "token")

    for name in ("token", "alias"):
        with pytest.raises(NoIdentity, match="only the Kubernetes API gets"):
            make(
                AZURE_FEDERATED_TOKEN_FILE=str(tmp_path / name),
                JASM_SERVICEACCOUNT_DIR=str(tmp_path),
            ).fetch("shop/db")

    assert azure.asked == []


def test_the_file_is_read_anew_for_each_login(azure: FakeAzure, make: Make) -> None:
    azure.put("shop", "db", "pl4nted")
    azure.give_token(sub="system:serviceaccount:shop:other")
    provider = make()
    with pytest.raises(NoIdentityYet):
        provider.fetch("shop/db")

    azure.give_token()

    assert provider.fetch("shop/db").content == "pl4nted"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"sub": f"{SUBJECT}-2"}, f"record found for '{SUBJECT}-2'"),
        ({"iss": "https://oidc.example/other"}, "No matching federated identity record"),
        ({"aud": "sts.amazonaws.com"}, "No matching federated identity record"),
        ({"exp": NOW - 1}, "not within its valid time range"),
    ],
)
def test_a_token_that_nothing_is_federated_with_is_told_in_entras_words(
    azure: FakeAzure, make: Make, claims: dict[str, Any], said: str
) -> None:
    token = azure.give_token(**claims)

    with pytest.raises(NoIdentityYet) as caught:
        make().fetch("shop/db")

    found = str(caught.value)
    assert said in found
    assert f"application {CLIENT}" in found
    assert "federated credential with the issuer of this cluster" in found
    assert token not in found


def test_an_application_that_is_not_there_is_the_annotation_to_correct(make: Make) -> None:
    with pytest.raises(InvalidSetup, match=r"correct azure\.workload\.identity/client-id"):
        make(AZURE_CLIENT_ID="00000000-0000-0000-0000-000000000000").fetch("shop/db")


def test_a_tenant_that_is_not_there_is_told(make: Make) -> None:
    with pytest.raises(NoIdentityYet, match=r"AADSTS90002.*check .*AZURE_TENANT_ID"):
        make(AZURE_TENANT_ID="contoso/../other").fetch("shop/db")


def test_clouds_that_do_not_fit_are_told(make: Make) -> None:
    with pytest.raises(InvalidSetup, match=r"vault.azure.cn/.default: see that .* one cloud"):
        make(JASM_AZURE_VAULT_SUFFIX="vault.azure.cn").fetch("shop/db")


def refusal(error: Any, text: Any = "because") -> dict[str, Any]:
    return {"error": error, "error_description": text}


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, refusal("invalid_request"), NoIdentityYet, "invalid_request: because"),
        (400, refusal("invalid_grant"), NoIdentityYet, "invalid_grant: because"),
        (400, refusal("x" * 500), NoIdentityYet, "federated credential"),
        (400, refusal("temporarily_unavailable"), ProviderUnavailable, "because"),
        (400, refusal(["invalid_client"]), ProviderUnavailable, "no answer of Microsoft Entra"),
        (400, {}, ProviderUnavailable, "HTTP 400, no answer of Microsoft Entra"),
        (429, refusal("invalid_request"), ProviderUnavailable, "HTTP 429"),
        (503, refusal("temporarily_unavailable"), ProviderUnavailable, "HTTP 503"),
        (200, {"access_token": "pl4nted"}, ProviderUnavailable, "HTTP 200, no answer of"),
        (200, {"access_token": 5, "expires_in": 5}, ProviderUnavailable, "no answer of"),
        (200, {"access_token": "pl4nted\r\nx: y", "expires_in": 5}, ProviderUnavailable, "no"),
        (200, {"access_token": "pl4nted", "expires_in": -1}, ProviderUnavailable, "no answer"),
    ],
)
def test_only_status_and_error_decide(
    azure: FakeAzure, make: Make, status: int, body: Any, kind: type[JasmError], said: str
) -> None:
    azure.will("token", status, body)

    with pytest.raises(kind, match=said) as caught:
        make().fetch("shop/db")

    assert "pl4nted" not in str(caught.value)
    assert len(str(caught.value)) < 1500


def test_microsofts_own_text_is_cut(azure: FakeAzure, make: Make) -> None:
    azure.will("token", 401, refusal("invalid_client", "because " + "x" * 100_000))

    with pytest.raises(NoIdentityYet) as caught:
        make().fetch("shop/db")

    assert len(str(caught.value)) < 1500


def test_a_number_in_quotes_is_a_number(azure: FakeAzure, make: Make) -> None:
    azure.will("token", 200, {"access_token": "pl4nted", "expires_in": "3599"})

    assert make().whoami("shop/db").startswith("application")


def logged_in(directory: Path, script: str) -> dict[str, str]:
    """The environment of somebody whose `az` is that script."""
    az = directory / "az"
    az.write_text(f"#!/bin/sh\n{script}\n")
    az.chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def by_hand(azure: FakeAzure, network: Network, env: dict[str, str]) -> Provider:
    return Provider(env, lambda: float(NOW), network, sdk=True)


def test_a_person_asks_as_whom_az_is_logged_in(
    azure: FakeAzure, network: Network, make: Make, tmp_path: Path
) -> None:
    azure.put("shop", "db", "pl4nted")
    make().prepare("shop/db")  # as what the stand-in takes for a token
    make().fetch("shop/db")
    token = azure.asked[-1].headers["authorization"].removeprefix("Bearer ")
    answer = f'{{"accessToken": "{token}", "expires_on": {NOW + 3600}, "tenant": "t1"}}'
    env = logged_in(tmp_path, f"echo \"$@\" > {tmp_path}/said; echo '{answer}'")
    provider = by_hand(azure, network, env)

    assert provider.fetch("shop/db").content == "pl4nted"
    assert provider.whoami("shop/db") == "whom az is logged in as, in tenant t1"

    said = (tmp_path / "said").read_text().split()
    assert said[:2] == ["account", "get-access-token"]
    assert said[-2:] == ["--resource", "https://vault.azure.net"]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'Please run az login' >&2; exit 1", "az: Please run az login"),
        ("echo '{}'", "az: it gave no token"),
        ("echo '[1]'", "az: it gave no token"),
        ("echo no JSON", "az: it gave no token"),
    ],
)
def test_a_person_who_is_not_logged_in_is_told_both_ways(
    azure: FakeAzure, network: Network, tmp_path: Path, script: str, why: str
) -> None:
    with pytest.raises(NoIdentity) as caught:
        by_hand(azure, network, logged_in(tmp_path, script)).fetch("shop/db")

    said = str(caught.value)
    assert f"{', '.join(VARIABLES)} not set; {why}" in said
    assert "log in by az login" in said


def test_a_person_without_az_is_told(azure: FakeAzure, network: Network, tmp_path: Path) -> None:
    with pytest.raises(NoIdentity, match="az: not installed"):
        by_hand(azure, network, {"PATH": str(tmp_path)}).fetch("shop/db")


def test_no_pod_asks_az(azure: FakeAzure, network: Network, tmp_path: Path) -> None:
    env = logged_in(tmp_path, f"touch {tmp_path}/asked")

    with pytest.raises(NoIdentity):
        Provider(env, lambda: float(NOW), network).fetch("shop/db")

    assert not (tmp_path / "asked").exists()
