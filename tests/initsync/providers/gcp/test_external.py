"""Pods outside of GKE: what the credential configuration file says, and Google's refusals."""

import json
from pathlib import Path
from typing import Any

import pytest

from initsync.providers.gcp import identity
from initsync.providers.gcp.secretmanager import Provider
from initsync.words import keys
from initsync.words.errors import (
    InvalidSetup,
    JasmError,
    NoIdentity,
    NoIdentityYet,
    ProviderUnavailable,
)
from tests.initsync.providers.gcp.conftest import Make
from tests.initsync.providers.gcp.fake_gcp import (
    AUDIENCE,
    GSA,
    NOW,
    POOL,
    PROJECT,
    SUBJECT,
    FakeGcp,
    refused,
)

PATH = f"projects/{PROJECT}/secrets/db"
PRINCIPAL = f"principal:{POOL}/subject/{SUBJECT}"
IAM = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
NO_JWT = "eyJ!.eyJ!.x"


def failing(provider: Provider) -> JasmError:
    with pytest.raises(JasmError) as caught:
        provider.fetch(PATH)
    assert "pl4nted" not in f"{caught.value} {caught.value!r}"
    return caught.value


def test_the_pods_token_is_exchanged_and_asks(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")
    provider = make(**gcp.configuration())

    assert provider.fetch(PATH).content == b"pl4nted"
    assert provider.whoami(PATH) == PRINCIPAL
    assert gcp.tunnels == ["sts.googleapis.com:443", "secretmanager.googleapis.com:443"]


def test_or_it_becomes_a_service_account(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")
    gcp.readers = {GSA}
    provider = make(**gcp.impersonating())

    assert provider.fetch(PATH).content == b"pl4nted"
    assert provider.whoami(PATH) == f"Google service account {GSA}"
    assert len(gcp.requests("iam")) == 1


def test_the_file_has_a_place_where_the_chart_puts_it(
    gcp: FakeGcp, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"{keys.SERVICEACCOUNT_DIR}/cloud-credentials.json" == identity.DEFAULT_FILE
    file = gcp.configuration()[identity.FILE]
    monkeypatch.setattr(identity, "DEFAULT_FILE", file)
    gcp.put("db", b"pl4nted")

    make().fetch(PATH)

    assert gcp.requests("metadata") == []


def test_how_long_a_service_accounts_token_lasts_is_the_files_word(
    gcp: FakeGcp, make: Make
) -> None:
    gcp.put("db", b"pl4nted")
    lasts = {"token_lifetime_seconds": 600}

    make(**gcp.impersonating(service_account_impersonation=lasts)).fetch(PATH)

    assert json.loads(gcp.requests("iam")[0].body)["lifetime"] == "600s"


def test_the_token_is_read_anew_for_each_login(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")
    provider = make(**gcp.configuration())
    provider.fetch(PATH)
    gcp.give_token(sub="system:serviceaccount:shop:other")
    gcp.will("secret", 401, refused(401, "UNAUTHENTICATED", "invalid").body)

    assert "shop:other" in str(failing(provider))


@pytest.mark.threat("A pod's token is stolen")
@pytest.mark.parametrize(
    "url",
    [
        "http://sts.googleapis.com/v1/token",
        "https://evil.example/v1/token",
        "https://googleapis.com.evil.example/v1/token",
        "https://evilgoogleapis.com/v1/token",
        "https://sts.googleapis.com@evil.example/v1/token",
        "https://evil.example#.googleapis.com/",
        "https://evil.example\\.googleapis.com/",
        "https://127.0.0.1/token",
        "nonsense",
    ],
)
@pytest.mark.parametrize("name", ["token_url", "service_account_impersonation_url"])
def test_no_file_sends_the_pods_token_elsewhere(
    gcp: FakeGcp, make: Make, name: str, url: str
) -> None:
    error = failing(make(**gcp.configuration(**{name: url})))

    assert isinstance(error, InvalidSetup)
    assert f"{name} of " in str(error)
    assert gcp.asked == []


@pytest.mark.threat("A pod's token is stolen")
def test_a_file_cannot_choose_its_own_universe(gcp: FakeGcp, make: Make) -> None:
    own = {
        "universe_domain": "apis.example.test",
        "token_url": "https://sts.apis.example.test/v1/token",
    }

    error = failing(make(**gcp.configuration(**own)))

    assert "have the platform set GOOGLE_CLOUD_UNIVERSE_DOMAIN" in str(error)
    assert gcp.asked == []


def test_the_platforms_universe_is_the_files(gcp: FakeGcp, make: Make) -> None:
    gcp.put("db", b"pl4nted")
    own = {
        "universe_domain": "apis.example.test",
        "token_url": "https://sts.apis.example.test/v1/token",
    }

    make(**gcp.configuration(**own), GOOGLE_CLOUD_UNIVERSE_DOMAIN="apis.example.test").fetch(PATH)

    assert gcp.tunnels[0] == "sts.apis.example.test:443"


@pytest.mark.threat("A pod's token is stolen")
def test_the_kubernetes_apis_own_token_stays_here(
    gcp: FakeGcp, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "SERVICEACCOUNT_DIR", str(tmp_path))
    (tmp_path / "token").write_text("pl4nted")
    (tmp_path / "other").symlink_to(tmp_path / "token")

    error = failing(make(**gcp.configuration(credential_source={"file": str(tmp_path / "other")})))

    assert isinstance(error, NoIdentity)
    assert "which only the Kubernetes API gets" in str(error)
    assert gcp.asked == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "service_account", "private_key": "pl4nted"}, "of the type 'service_account'"),
        ({"type": "authorized_user", "refresh_token": "pl4nted"}, "and not external_account"),
        ({"type": None}, "and not external_account"),
        ({"audience": ""}, "has no audience"),
        ({"audience": ["pl4nted"]}, "has no audience"),
        ({"credential_source": {"environment_id": "aws1"}}, "has 'environment_id'"),
        ({"credential_source": {"url": "https://x"}}, "has 'url', but a pod's token is a file"),
        ({"credential_source": {"executable": {"command": "sh"}}}, "has 'executable'"),
        ({"credential_source": "pl4nted"}, "has 'nothing'"),
        ({"credential_source": {"file": "x", "format": {"type": "xml"}}}, "is not known"),
        ({"credential_source": {"file": "x", "format": {"type": "json"}}}, "is not known"),
    ],
)
def test_what_a_file_says_wrong_is_told(
    gcp: FakeGcp, make: Make, changes: dict[str, Any], said: str
) -> None:
    error = failing(make(**gcp.configuration(**changes)))

    assert isinstance(error, InvalidSetup)
    assert said in str(error)
    assert gcp.asked == []


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00pl4nted", "[" * 60_000])
def test_what_is_no_file_of_that_kind_is_told(make: Make, tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)

    error = failing(make(GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "file")))

    assert "is no credential configuration in JSON" in str(error)


def test_a_file_that_is_not_there_is_told(make: Make) -> None:
    error = failing(make(GOOGLE_APPLICATION_CREDENTIALS="/none"))

    assert "cannot read the credential configuration /none (No such file" in str(error)


@pytest.mark.parametrize(
    ("text", "form", "said"),
    [
        (" \n", {}, "it holds no token"),
        ("a b\n\xfc", {}, "it holds no token"),
        ("pl4nted", {"type": "json", "subject_token_field_name": "t"}, "it holds no token"),
        ('{"t": 5}', {"type": "json", "subject_token_field_name": "t"}, "it holds no token"),
        ('["t"]', {"type": "json", "subject_token_field_name": "t"}, "it holds no token"),
    ],
)
def test_a_file_without_a_token_is_nobodys(
    gcp: FakeGcp, make: Make, text: str, form: dict[str, str], said: str
) -> None:
    file = gcp.give_token(text)

    source = {"file": str(file), "format": form}
    error = failing(make(**gcp.configuration(credential_source=source)))

    assert isinstance(error, NoIdentity)
    assert said in str(error)
    assert gcp.asked == []


def test_a_token_that_is_not_there_is_told(gcp: FakeGcp, make: Make) -> None:
    error = failing(make(**gcp.configuration(credential_source={"file": "/none"})))

    assert isinstance(error, NoIdentity)
    assert "cannot use /none (No such file or directory)" in str(error)
    assert "the chart's injection.tokens" in str(error)


@pytest.mark.parametrize(
    ("claims", "changes", "said", "advice"),
    [
        ({"exp": NOW - 1}, {}, "invalid_grant: ID Token issued at 0 is stale", "issuer"),
        ({"aud": "x"}, {}, "does not match the expected audience", "token's audience is one"),
        ({}, {"audience": f"{AUDIENCE}x"}, "invalid_target", "correct the audience"),
    ],
)
def test_what_sts_refuses_is_no_identity_yet(
    gcp: FakeGcp,
    make: Make,
    claims: dict[str, Any],
    changes: dict[str, Any],
    said: str,
    advice: str,
) -> None:
    gcp.give_token(**claims)

    error = failing(make(**gcp.configuration(**changes)))

    assert isinstance(error, NoIdentityYet)
    assert f"Google STS refused the token of {PRINCIPAL} (" in str(error)
    assert said in str(error)
    assert advice in str(error)


def test_an_attribute_condition_is_named(gcp: FakeGcp, make: Make) -> None:
    said = "The given credential is rejected by the attribute condition."
    gcp.will("sts", 400, {"error": "unauthorized_client", "error_description": said})

    error = failing(make(**gcp.configuration()))

    assert "change the attribute condition of the pool's provider" in str(error)


def test_a_token_that_is_no_jwt_is_of_an_unknown_subject(gcp: FakeGcp, make: Make) -> None:
    gcp.give_token(NO_JWT)

    error = failing(make(**gcp.configuration()))

    assert "/subject/UNKNOWN (invalid_grant: " in str(error)
    assert NO_JWT not in str(error)


def test_a_service_account_that_it_may_not_be_is_named(gcp: FakeGcp, make: Make) -> None:
    gcp.impersonators.clear()

    error = failing(make(**gcp.impersonating()))

    assert isinstance(error, NoIdentityYet)
    assert f"refused {PRINCIPAL} to become {GSA} (PERMISSION_DENIED: " in str(error)
    assert f"grant it roles/iam.workloadIdentityUser on {GSA}" in str(error)


@pytest.mark.parametrize(("kind", "name"), [("sts", "sts"), ("iam", "iamcredentials")])
def test_an_api_that_is_off_is_turned_on(gcp: FakeGcp, make: Make, kind: str, name: str) -> None:
    off = refused(403, "PERMISSION_DENIED", "it is disabled", "SERVICE_DISABLED")
    gcp.will(kind, 403, off.body)

    error = failing(make(**gcp.impersonating()))

    assert f"gcloud services enable {name}.googleapis.com" in str(error)


@pytest.mark.parametrize("kind", ["sts", "iam"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(gcp: FakeGcp, make: Make, kind: str, status: int) -> None:
    gcp.will(kind, status, {"error": "temporarily_unavailable"})

    assert isinstance(failing(make(**gcp.impersonating())), ProviderUnavailable)
