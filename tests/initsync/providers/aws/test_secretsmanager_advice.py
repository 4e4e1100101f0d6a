"""What a refusal of AWS Secrets Manager says of its cause, where its code does not tell it."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from initsync.providers.aws.secretsmanager import Provider
from initsync.words.errors import NoIdentity, SecretNotFound
from tests.initsync.fake_aws import FakeAws
from tests.initsync.providers.aws.secretsmanager_side import ARN, NETWORK, NOW, asking, refused


@pytest.fixture
def provider(aws: FakeAws) -> Iterator[Provider]:
    with asking(aws) as built:
        yield built


def test_keys_that_a_role_gave_are_old_and_not_mistyped(aws: FakeAws, tmp_path: Any) -> None:
    (tmp_path / "token").write_text("t")
    irsa = {"AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    aws.will_assume()
    aws.will("GetSecretValue", 400, refused("InvalidSignatureException"))
    provider = Provider(irsa | aws.env, lambda: NOW, NETWORK)

    with pytest.raises(NoIdentity, match="they may have expired: delete the pod to begin anew"):
        provider.fetch("/prod/db")

    for connection in provider._asker.services.connections.values():
        connection.close()
    gc.collect()


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("Fri, 24 Oct 2025 10:07:12 GMT", "the clock here is 7m 12s behind AWS's"),
        ("Fri, 24 Oct 2025 07:59:00 GMT", "the clock here is 2h 1m ahead of AWS's"),
        ("Fri, 24 Oct 2025 10:00:30 GMT", "a space or line break in the key"),
        ("yesterday", "a space or line break in the key"),
    ],
)
def test_a_clock_that_is_off_is_told_with_its_distance(
    aws: FakeAws, provider: Provider, date: str, said: str
) -> None:
    aws.will("GetSecretValue", 400, refused("InvalidSignatureException"), {"Date": date})

    with pytest.raises(NoIdentity, match=said):
        provider.fetch("/prod/db")


def test_a_person_whose_login_has_ended_is_told_to_log_in(
    aws: FakeAws, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "_sdk", True)
    aws.will("GetSecretValue", 400, refused("ExpiredTokenException"))

    with pytest.raises(NoIdentity, match="they may have expired: log in again, such as by aws sso"):
        provider.fetch("/prod/db")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("prod/my-secret", False),
        (f"{ARN.removesuffix('db-AbCdEf')}my-secret", True),
        (ARN.removesuffix("-AbCdEf"), False),
    ],
)
def test_a_partial_arn_whose_end_looks_like_awss_own_is_told(
    aws: FakeAws, provider: Provider, path: str, told: bool
) -> None:
    aws.will("GetSecretValue", 400, refused("ResourceNotFoundException", "can't find it"))

    with pytest.raises(SecretNotFound) as caught:
        provider.fetch(path)

    hint = (
        "AWS takes the path's end -secret for its own: if it is of the name, give the complete "
        "ARN, or the name"
    )
    assert (hint in str(caught.value)) == told
