"""Regions and endpoints, held against botocore's own rules for every region that it knows."""

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import botocore.utils
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import InvalidRegionError
from hypothesis import given
from hypothesis import strategies as st

from initsync.providers.aws import endpoints, paths

ARN = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:prod/db-AbCdEf"


def partitions() -> list[dict[str, Any]]:
    loader = botocore.session.get_session().get_component("data_loader")
    found: list[dict[str, Any]] = loader.load_data("partitions")["partitions"]
    return found


def patterns() -> Iterator[str]:
    yield from (partition["regionRegex"] for partition in partitions())


def regions() -> Iterator[str]:
    for partition in partitions():
        # "…-global" is botocore's name for "no region"
        yield from (name for name in partition["regions"] if not name.endswith("-global"))


@pytest.fixture(scope="module", params=["secretsmanager", "ssm", "sts"])
def oracle(request: pytest.FixtureRequest) -> tuple[str, EndpointProvider]:
    loader = botocore.session.get_session().get_component("data_loader")
    rules = loader.load_service_model(request.param, "endpoint-rule-set-1")
    return request.param, EndpointProvider(rules, loader.load_data("partitions"))


@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("dual", [False, True])
@pytest.mark.parametrize(
    "region", [*regions(), "eu-future-9", "us-gov-future-9", "cn-future-9", "aws-global"]
)
def test_botocore_would_ask_the_same_host(
    oracle: tuple[str, EndpointProvider], region: str, fips: bool, dual: bool
) -> None:
    service, provider = oracle
    wanted: dict[str, Any] = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
    if service == "sts":
        wanted["UseGlobalEndpoint"] = False
    env = {
        "AWS_USE_FIPS_ENDPOINT": str(fips).lower(),
        "AWS_USE_DUALSTACK_ENDPOINT": str(dual).lower(),
    }

    assert endpoints.base_url(service, region, env) == provider.resolve_endpoint(**wanted).url


@pytest.mark.parametrize(
    ("env", "url"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:5000/"}, "http://127.0.0.1:5000"),
        (
            {"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://b"},
            "http://b",
        ),
        ({"AWS_ENDPOINT_URL_STS": "http://c"}, "https://secretsmanager.eu-west-1.amazonaws.com"),
        (
            {"AWS_ENDPOINT_URL": "http://a", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "https://secretsmanager.eu-west-1.amazonaws.com",
        ),
    ],
)
def test_an_endpoint_of_ones_own(env: dict[str, str], url: str) -> None:
    assert endpoints.base_url("secretsmanager", "eu-west-1", env) == url


@pytest.mark.parametrize(
    ("path", "env", "region"),
    [
        ("prod/db", {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1"),
        ("prod/db", {"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ("prod/db", {"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        (ARN, {"AWS_REGION": "eu-west-1"}, "ap-south-1"),
        (ARN, {}, "ap-south-1"),
        ("prod/db", {}, None),
        ("arn:aws:s3:::bucket", {}, None),
    ],
)
def test_the_arn_decides_the_region_then_the_environment(
    path: str, env: dict[str, str], region: str | None
) -> None:
    assert endpoints.region_of(path, env) == region


@pytest.mark.parametrize("region", [*regions()])
def test_every_region_that_botocore_knows_is_one(region: str) -> None:
    assert paths.is_region(region)
    assert paths.is_arn(ARN.replace("ap-south-1", region))


@given(
    st.one_of(
        *(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True) for pattern in patterns())
    )
)
def test_what_a_partitions_own_pattern_takes_for_a_region_is_one(region: str) -> None:
    """Regions of tomorrow, as far as botocore can make a host of them."""
    try:
        botocore.utils.validate_region_name(region)
    except InvalidRegionError:
        return
    assert paths.is_region(region)


ELSEWHERE = [
    *("s3", "s3-eu-west-1", "s3-website-us-east-1", "elb", "compute-1", "rds", "x", "eu-west"),
    *("", "a.b", "a/b", "-a", "eu-west-1.evil.example", "eu-west-1/", "eu-west-1@x", "aws-global"),
    *("eu-west-1\n", "eu-wést-1", "eu-west-¹", "s3-fips", "fips-s3", "a" * 64),
]


@pytest.mark.threat("An annotation is malicious", "A cloud role is compromised")
@pytest.mark.parametrize("region", ELSEWHERE)
def test_no_other_word_can_lead_a_token_to_a_host_of_somebodys(region: str) -> None:
    """`secretsmanager.s3.amazonaws.com` is the bucket of whoever came first."""
    assert not paths.is_region(region)
    assert not paths.is_arn(ARN.replace("ap-south-1", region))
    assert not endpoints.usable_region("secretsmanager", region, {})
    assert endpoints.usable_region("sts", region, {}) == (region == "aws-global")


def test_a_region_is_one_label_of_a_hosts_name() -> None:
    assert paths.is_region("us-east-" + "1" * 55)
    assert not paths.is_region("us-east-" + "1" * 56)


@pytest.mark.parametrize(("region", "usable"), [("local", True), ("s3", True), ("a.b", False)])
def test_with_an_endpoint_of_ones_own_a_region_may_have_any_name(region: str, usable: bool) -> None:
    env = {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://localstack:4566"}

    assert endpoints.usable_region("secretsmanager", region, env) is usable
    assert not endpoints.usable_region("sts", region, env)


@pytest.mark.parametrize("alias", ["fips-us-east-1", "us-gov-west-1-fips", "aws-global"])
@pytest.mark.parametrize("service", ["secretsmanager", "ssm", "sts"])
def test_an_alias_of_a_region_is_what_it_is_to_botocore(alias: str, service: str) -> None:
    client = botocore.session.Session().create_client(
        service, alias, aws_access_key_id="AKIA1", aws_secret_access_key="s"
    )

    assert endpoints.usable_region(service, alias, {}) or alias == "aws-global"
    assert endpoints.base_url(service, alias, {}) == client.meta.endpoint_url
    assert endpoints.signing_region(service, alias) == client._request_signer._region_name
    client.close()
