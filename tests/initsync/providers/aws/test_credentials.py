"""Who this process is in AWS: one source after the other."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from initsync.providers.aws import sdk
from initsync.providers.aws.credentials import Identity
from initsync.words.errors import NoIdentity
from tests.initsync.fake_aws import FakeAws
from tests.initsync.providers.aws.identities import NOW, ROLE, identifying, token_file


@pytest.fixture
def token(tmp_path: Path) -> Path:
    return token_file(tmp_path)


@pytest.fixture
def identify(aws: FakeAws, token: Path) -> Iterator[Callable[..., Identity]]:
    with identifying(aws, token) as build:
        yield build


def test_static_keys_need_no_request(aws: FakeAws, identify: Callable[..., Identity]) -> None:
    env = {
        "AWS_ACCESS_KEY_ID": "AKIA1",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_SESSION_TOKEN": "t",
        "AWS_ROLE_ARN": ROLE,
    }

    found = identify(env).credentials()

    assert (found.access_key_id, found.secret_access_key, found.session_token) == (
        "AKIA1",
        "s",
        "t",
    )
    assert found.role == "the AWS access key AKIA1"
    assert aws.asked == []


def test_irsa_exchanges_the_service_account_token_unsigned(
    aws: FakeAws, identify: Callable[..., Identity]
) -> None:
    aws.will_assume()

    found = identify().credentials()

    assert (found.access_key_id, found.secret_access_key) == ("ASIA1", "pl4nted&key")
    assert found.role == ROLE
    _, headers, body = aws.asked[0]
    assert "authorization" not in headers
    assert parse_qs(body.decode()) == {
        "Action": ["AssumeRoleWithWebIdentity"],
        "Version": ["2011-06-15"],
        "RoleArn": [ROLE],
        "RoleSessionName": ["jasm-init"],
        "WebIdentityToken": ["first.token"],
    }


@pytest.mark.parametrize(
    ("env", "session"),
    [
        ({"HOSTNAME": "web-1"}, "jasm-web-1"),
        ({"HOSTNAME": "x" * 90}, "jasm-" + "x" * 59),
        ({"HOSTNAME": "a b/ü"}, "jasm-a-b--"),
        ({"HOSTNAME": "web-1", "AWS_ROLE_SESSION_NAME": "mine"}, "mine"),
    ],
)
def test_cloudtrail_shows_the_pods_name(
    aws: FakeAws,
    identify: Callable[..., Identity],
    token: Path,
    env: dict[str, str],
    session: str,
) -> None:
    aws.will_assume()

    identify({"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), **env}).credentials()

    assert parse_qs(aws.asked[0][2].decode())["RoleSessionName"] == [session]


def test_credentials_are_kept_until_a_minute_before_their_end_and_the_token_is_read_anew(
    aws: FakeAws, identify: Callable[..., Identity], token: Path
) -> None:
    aws.will_assume("2025-10-24T11:00:00Z", number=1)
    aws.will_assume("2025-10-24T13:00:00Z", number=2)
    identity, clock = identify(), identify.clock  # type: ignore[attr-defined]  # see `identify`

    first = identity.credentials()
    clock[0] = NOW + 3540
    again = identity.credentials()
    token.write_text("second.token")
    clock[0] = NOW + 3541
    later = identity.credentials()

    assert (first is again, later.access_key_id) == (True, "ASIA2")
    assert b"second.token" in aws.asked[1][2]


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, ["AWS_ACCESS_KEY_ID is not set", "AWS_ROLE_ARN is not set"]),
        ({"AWS_ACCESS_KEY_ID": "A"}, ["AWS_SECRET_ACCESS_KEY is not set"]),
        ({"AWS_ROLE_ARN": ROLE}, ["AWS_WEB_IDENTITY_TOKEN_FILE is not set"]),
        (
            {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/none"},
            ["cannot read /none (No such file or directory)"],
        ),
    ],
)
def test_without_any_source_the_sentence_names_each_and_what_to_do(
    identify: Callable[..., Identity], env: dict[str, str], said: list[str]
) -> None:
    with pytest.raises(NoIdentity) as caught:
        identify(env).credentials()

    sentence = str(caught.value)
    assert [part for part in said if part not in sentence] == []
    assert "annotate it eks.amazonaws.com/role-arn: arn:aws:iam::ACCOUNT:role/ROLE" in sentence
    assert "delete the pod so that admission runs again" in sentence


def test_the_cli_asks_boto3_last(
    identify: Callable[..., Identity], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared = tmp_path / "credentials"
    shared.write_text("[work]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = s\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_PROFILE", "work")

    assert identify({}, sdk=True).credentials().access_key_id == "AKIAPROFILE"


def test_without_boto3_the_sentence_says_what_to_install(
    identify: Callable[..., Identity], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)  # what makes an import fail

    with pytest.raises(NoIdentity, match=r"in a clone of JASM pip install '\.\[cli\]'"):
        identify({}, sdk=True).credentials()


def test_the_pod_path_never_asks_boto3(
    identify: Callable[..., Identity], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk, "credentials", lambda: pytest.fail("it was asked"))

    with pytest.raises(NoIdentity):
        identify({}).credentials()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "boto3: The config profile (dev) could not be found"),
        ("[profile dev]\nsso_session = s\n", "boto3"),
        ("[profile dev]\ncredential_process = false\n", "boto3: Error when retrieving credentials"),
        ("[profile dev]\nregion = eu-west-3\n", "nothing found"),
    ],
)
def test_a_profile_that_gives_nothing_is_told(
    identify: Callable[..., Identity],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: str,
    said: str,
) -> None:
    (tmp_path / "config").write_text(config)
    for name, value in (
        ("AWS_CONFIG_FILE", str(tmp_path / "config")),
        ("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none")),
        ("AWS_PROFILE", "dev"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ):
        monkeypatch.setenv(name, value)

    with pytest.raises(NoIdentity) as caught:
        identify({}, sdk=True).credentials()

    assert said in str(caught.value)
    assert "log in, such as by aws sso login, or set AWS_PROFILE" in str(caught.value)
    assert "ServiceAccount" not in str(caught.value)
    assert "delete the pod" not in str(caught.value)
    assert sdk.region() == ("eu-west-3" if "eu-west-3" in config else None)


def test_an_empty_region_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[default]\nregion = eu-west-3\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")

    assert sdk.region() == "eu-west-3"
    (tmp_path / "config").write_text("")
    assert sdk.region() is None
