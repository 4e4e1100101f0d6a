"""What may be a second region, and what of a secret, a role and an identity is asked there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from initsync.network.transport import Network
from initsync.providers import fields
from initsync.providers.aws import paths
from initsync.providers.aws.parameterstore import Provider as ParameterStore
from initsync.providers.aws.secretsmanager import Provider
from initsync.words.errors import InvalidSetup, ProviderUnavailable
from tests.initsync.fake_aws import ASSUMED, FakeAws
from tests.initsync.providers.aws.regions import (
    FIRST,
    NOTE,
    NOW,
    OPTION,
    SECOND,
    STATIC,
    Regions,
    asked,
    with_regions,
)


@pytest.fixture
def aws(aws: FakeAws) -> FakeAws:
    return with_regions(aws)


@pytest.fixture
def network() -> Iterator[Network]:
    with closing(Network({}, lambda: 60.0, lambda _: None)) as made:
        yield made


@pytest.fixture
def provider(aws: Regions, network: Network) -> Provider:
    return Provider(STATIC | aws.env, lambda: NOW, network)


ARN = "arn:aws:secretsmanager:{}:123456789012:secret:db-AbCdEf"


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/prod/db", "/prod/db"),
        (ARN.format(FIRST), ARN.format(SECOND)),
        (
            f"arn:aws:ssm:{FIRST}:1:parameter/a/b:3",
            f"arn:aws:ssm:{SECOND}:1:parameter/a/b:3",
        ),
    ],
)
def test_a_replica_has_the_same_name_and_arn_but_for_the_region(path: str, there: str) -> None:
    assert paths.in_region(path, SECOND) == there


def test_the_secret_is_marked_with_the_path_of_the_annotation(
    aws: Regions, provider: Provider
) -> None:
    aws.down.add(FIRST)

    found = provider.fetch(ARN.format(FIRST), "", OPTION)

    assert found.source_path == ARN.format(FIRST)
    assert ARN.format(SECOND).encode() in aws.asked[-1][2]


def test_all_pages_of_a_path_come_from_one_region(aws: Regions, network: Network) -> None:
    aws.will("GetParametersByPath", 200, {"Parameters": [], "NextToken": "a"})
    aws.will("GetParametersByPath", 200, {"Parameters": [{"Name": "/p/a", "Value": "pl4nted"}]})
    provider = ParameterStore(STATIC | aws.env, lambda: NOW, network)
    aws.down.add(FIRST)
    aws.answers["GetParametersByPath"].insert(0, (200, {}, b"{}"))

    assert provider.fetch("/p/", "", OPTION).content == {"a": "pl4nted"}
    assert asked(aws) == [FIRST, SECOND, SECOND]


def test_a_role_is_assumed_in_the_second_region_where_the_first_is_silent(
    aws: Regions, provider: Provider
) -> None:
    body = ASSUMED.replace("WithWebIdentity", "").format(
        expiration="2999-01-01T00:00:00Z", number=2
    )
    aws.will("AssumeRole", 200, body)
    aws.down.add(FIRST)

    found = provider.fetch(
        "/prod/db", "", OPTION | {"role": "arn:aws:iam::222222222222:role/reader"}
    )

    assert found.note == NOTE
    assert aws.actions() == ["AssumeRole", "AssumeRole", "GetSecretValue"]
    assert asked(aws) == [FIRST, SECOND, SECOND]


def test_the_pods_own_identity_is_asked_of_the_second_regions_sts(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("t")
    irsa = {"AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    provider = Provider(irsa | {"AWS_REGION": FIRST}, lambda: NOW, network)
    hosts: list[str] = []

    def silent(service: str, region: str) -> None:
        hosts.append(f"{service}.{region}")
        raise ProviderUnavailable("AWS STS", "no answer")

    monkeypatch.setattr(provider._asker.services, "connection", silent)

    with pytest.raises(ProviderUnavailable, match="in the failover region eu-central-1"):
        provider.fetch("/prod/db", "", OPTION)

    assert hosts == [f"sts.{FIRST}", f"sts.{SECOND}"]


@pytest.mark.threat("An annotation is malicious")
@pytest.mark.parametrize("other", ["cn-north-1", "us-gov-west-1", "us-iso-east-1"])
def test_no_token_goes_to_another_partition(aws: Regions, network: Network, other: str) -> None:
    aws.down.add(FIRST)
    provider = Provider(STATIC | aws.env, lambda: NOW, network)

    with pytest.raises(InvalidSetup, match="name one of the same partition"):
        provider.fetch("/prod/db", "", {"failoverRegion": other})

    assert asked(aws) == []


@pytest.mark.parametrize("name", ["aws-secretsmanager", "aws-parameter-store"])
def test_only_a_region_of_aws_is_one(name: str) -> None:
    rule = fields(name)["failoverRegion"].problem

    assert rule(SECOND) is None
    assert str(rule("s3")).startswith("must be an AWS region")
    assert str(rule("evil.example/")).startswith("must be an AWS region")


def test_a_platforms_region_that_is_none_is_told(network: Network) -> None:
    env = STATIC | {"AWS_REGION": FIRST, "JASM_AWS_FAILOVER_REGION": "evil.example/"}

    with pytest.raises(InvalidSetup, match=r"'evil\.example/' is no AWS region: set one"):
        Provider(env, lambda: NOW, network).fetch("/prod/db")


def test_the_first_region_as_its_own_second_is_none(aws: Regions, provider: Provider) -> None:
    aws.down.add(FIRST)

    with pytest.raises(ProviderUnavailable) as caught:
        provider.fetch("/prod/db", "", {"failoverRegion": FIRST})

    assert asked(aws) == [FIRST]
    assert "failover" not in str(caught.value)
