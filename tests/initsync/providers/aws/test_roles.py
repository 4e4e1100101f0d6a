"""A role of another account: assumed by the pod's own, once, and every refusal in its row."""

import datetime
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs

import botocore.auth
import botocore.session
import pytest
from botocore.config import Config

from initsync.network.transport import Network
from initsync.providers import check_path, fields
from initsync.providers.aws.parameterstore import Provider as ParameterStore
from initsync.providers.aws.secretsmanager import Provider
from initsync.words.errors import (
    AccessDenied,
    InvalidSetup,
    JasmError,
    NoIdentity,
    ProviderRefused,
    ProviderUnavailable,
)
from tests.initsync.fake_aws import ASSUMED, FakeAws

NOW = 1_761_300_000.0
STATIC = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "pl4nted-key"}
ROLE = "arn:aws:iam::222222222222:role/team/reader"
READER = {"role": ROLE, "externalId": "shop-1"}
SECRET = {"SecretString": '{"a": "pl4nted"}'}


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network({}, lambda: 60.0, lambda _: None)
    yield made
    made.close()


class Clock:
    now = NOW


@pytest.fixture
def provider(aws: FakeAws, network: Network) -> Provider:
    aws.will("GetSecretValue", 200, SECRET)
    return Provider(STATIC | aws.env | {"HOSTNAME": "web-1"}, lambda: Clock.now, network)


def will_assume(aws: FakeAws, expiration: str = "2999-01-01T00:00:00Z", number: int = 2) -> None:
    body = ASSUMED.replace("WithWebIdentity", "").format(expiration=expiration, number=number)
    aws.will("AssumeRole", 200, body)


def keys(aws: FakeAws) -> list[str]:
    """Whose key signed each request."""
    return [
        headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]
        for _, headers, _ in aws.asked
    ]


def refused(code: str, message: str = "because") -> str:
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"


def test_the_pods_own_identity_assumes_it_and_it_reads_the_secret(
    aws: FakeAws, provider: Provider
) -> None:
    will_assume(aws)

    found = provider.fetch("/prod/db", "", READER)

    assert found.content == SECRET["SecretString"]
    assert aws.actions() == ["AssumeRole", "GetSecretValue"]
    assert keys(aws) == ["AKIA1", "ASIA2"]
    assert parse_qs(aws.asked[0][2].decode()) == {
        "Action": ["AssumeRole"],
        "Version": ["2011-06-15"],
        "RoleArn": [ROLE],
        "RoleSessionName": ["jasm-web-1"],
        "ExternalId": ["shop-1"],
    }


def test_an_entry_without_one_is_read_by_the_pods_own(aws: FakeAws, provider: Provider) -> None:
    will_assume(aws)

    provider.fetch("/prod/db", "", READER)
    provider.fetch("/prod/db")

    assert keys(aws) == ["AKIA1", "ASIA2", "AKIA1"]


def test_parameters_are_read_by_it_too(aws: FakeAws, network: Network) -> None:
    will_assume(aws)
    aws.will("GetParametersByPath", 200, {"Parameters": [{"Name": "/p/a", "Value": "1"}]})
    provider = ParameterStore(STATIC | aws.env, lambda: NOW, network)

    assert provider.fetch("/p/", "", READER).content == {"a": "1"}
    assert keys(aws) == ["AKIA1", "ASIA2"]


def test_botocore_would_send_the_same(aws: FakeAws, provider: Provider) -> None:
    will_assume(aws)
    client = botocore.session.get_session().create_client(
        "sts",
        "eu-west-1",
        endpoint_url=aws.env["AWS_ENDPOINT_URL"],
        aws_access_key_id=STATIC["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=STATIC["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    frozen = datetime.datetime.fromtimestamp(NOW, datetime.UTC).replace(tzinfo=None)

    provider.fetch("/prod/db", "", READER)
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=frozen):
        client.assume_role(RoleArn=ROLE, RoleSessionName="jasm-web-1", ExternalId="shop-1")
    client.close()

    (_, ours, our_body), _, (_, theirs, their_body) = aws.asked
    assert our_body == their_body
    for header in ("x-amz-date", "content-type", "host", "authorization"):
        assert ours[header] == theirs[header]


def test_it_is_assumed_once_however_many_ask(aws: FakeAws, provider: Provider) -> None:
    will_assume(aws)
    start = threading.Barrier(10, timeout=10)

    def fetch() -> None:
        start.wait()
        provider.fetch("/prod/db", "", READER)

    threads = [threading.Thread(target=fetch) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(aws.actions()) == ["AssumeRole", *["GetSecretValue"] * 10]


def test_each_role_and_external_id_is_assumed_for_itself(aws: FakeAws, provider: Provider) -> None:
    will_assume(aws)

    for options in (READER, {"role": ROLE}, {"role": f"{ROLE}-2"}, READER):
        provider.fetch("/prod/db", "", options)

    assert aws.actions().count("AssumeRole") == 3


@pytest.mark.parametrize(("seconds", "calls"), [(3600 - 61, 1), (3600 - 59, 2)])
def test_it_is_kept_until_a_minute_before_its_end(
    aws: FakeAws, provider: Provider, monkeypatch: pytest.MonkeyPatch, seconds: int, calls: int
) -> None:
    end = datetime.datetime.fromtimestamp(NOW + 3600, datetime.UTC).isoformat()
    will_assume(aws, end)

    provider.fetch("/prod/db", "", READER)
    monkeypatch.setattr(Clock, "now", NOW + seconds)
    provider.fetch("/prod/db", "", READER)

    assert aws.actions().count("AssumeRole") == calls


NOT_ALLOWED = (
    "User: arn:aws:sts::123456789012:assumed-role/app/jasm-web-1 is not authorized to perform: "
    f"sts:AssumeRole on resource: {ROLE}"
)
ANSWERS: list[tuple[int, str, type[JasmError], list[str]]] = [
    (
        403,
        refused("AccessDenied", NOT_ALLOWED),
        AccessDenied,
        [
            "AWS STS refused the AWS access key AKIA1",
            f"grant it sts:AssumeRole on {ROLE}, and name it in that role's trust policy, "
            "with the external ID",
        ],
    ),
    (
        403,
        refused("AccessDenied", f"{NOT_ALLOWED} with an explicit deny in a session policy"),
        AccessDenied,
        ["the session policy that its credentials were made with forbids it sts:AssumeRole"],
    ),
    (403, refused("RegionDisabledException"), AccessDenied, ["the region of STS: enable it"]),
    (403, refused("ExpiredToken"), NoIdentity, ["access key AKIA1", "correct AWS_ACCESS_KEY_ID"]),
    (400, refused("ValidationError"), ProviderRefused, [f"correct role {ROLE}"]),
    (400, refused("Throttling"), ProviderUnavailable, ["Throttling"]),
    (503, "<html>pl4nted</html>", ProviderUnavailable, ["HTTP 503"]),
    (200, "<html>pl4nted</html>", ProviderUnavailable, ["HTTP 200"]),
    (
        200,
        ASSUMED.format(expiration="tomorrow", number=2),
        ProviderUnavailable,
        ["without a date at which they end"],
    ),
]


@pytest.mark.parametrize(("status", "body", "kind", "said"), ANSWERS)
def test_every_refusal_is_a_row_of_the_failure_table(
    aws: FakeAws, provider: Provider, status: int, body: str, kind: type[JasmError], said: list[str]
) -> None:
    aws.will("AssumeRole", status, body)

    with pytest.raises(JasmError) as caught:
        provider.fetch("/prod/db", "", READER)

    assert type(caught.value) is kind
    assert [part for part in said if part not in str(caught.value)] == []
    assert "pl4nted" not in str(caught.value)
    assert "GetSecretValue" not in aws.actions()


def test_a_person_whose_login_has_ended_is_told_to_log_in(aws: FakeAws, network: Network) -> None:
    aws.will("AssumeRole", 403, refused("ExpiredToken"))
    provider = Provider(STATIC | aws.env, lambda: NOW, network, sdk=True)

    with pytest.raises(NoIdentity, match="log in again, such as by aws sso login"):
        provider.fetch("/prod/db", "", READER)


def test_a_denial_of_the_secret_names_the_role_that_was_denied(
    aws: FakeAws, provider: Provider
) -> None:
    will_assume(aws)
    aws.answers.pop("GetSecretValue")
    aws.will("GetSecretValue", 400, {"__type": "AccessDeniedException", "message": "no"})

    with pytest.raises(AccessDenied, match=f"aws-secretsmanager refused {ROLE}"):
        provider.fetch("/prod/db", "", READER)


def test_an_external_id_of_no_role_is_told(aws: FakeAws, provider: Provider) -> None:
    with pytest.raises(InvalidSetup, match="an entry has externalId and no role: name the role"):
        provider.fetch("/prod/db", "", {"externalId": "shop-1"})

    assert aws.actions() == []


@pytest.mark.parametrize("name", ["aws-secretsmanager", "aws-parameter-store"])
@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (
            "role",
            [ROLE, "arn:aws-cn:iam::222222222222:role/a"],
            ["reader", "arn:aws:iam::222222222222:user/a", f"{ROLE} b", f"{ROLE}\n", ROLE * 99],
        ),
        ("externalId", ["shop-1", "a" * 1224], ["a", "a b", "ä" * 5, "a" * 1225, "ab\n"]),
    ],
)
def test_a_field_has_its_rule(name: str, field: str, good: list[str], bad: list[str]) -> None:
    rule = fields(name)[field].problem

    assert [text for text in good if rule(text)] == []
    assert [text for text in bad if not str(rule(text)).startswith("must be ")] == []
    assert check_path(name, "/prod/db") is None


def test_a_role_of_awss_own_model_is_one() -> None:
    model: Any = botocore.session.get_session().get_service_model("sts")
    given = model.operation_model("AssumeRole").input_shape.members["ExternalId"].metadata

    rule = fields("aws-secretsmanager")["externalId"].problem
    assert rule("a" * given["max"]) is None
    assert rule("a" * (given["max"] + 1)) is not None
    assert rule("a" * given["min"]) is None


def test_irsa_and_the_role_are_one_after_the_other(
    aws: FakeAws, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("t")
    irsa = {"AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    aws.will_assume()
    will_assume(aws)
    aws.will("GetSecretValue", 200, SECRET)
    provider = Provider(irsa | aws.env, lambda: NOW, network)

    provider.fetch("/prod/db", "", READER)

    assert aws.actions() == ["AssumeRoleWithWebIdentity", "AssumeRole", "GetSecretValue"]
    assert keys(aws)[1:] == ["ASIA1", "ASIA2"]
