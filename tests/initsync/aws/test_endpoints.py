"""Regions and endpoints, held against botocore's own rules for every region that it knows."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider

from initsync.aws import endpoints

ARN = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:prod/db-AbCdEf"


def regions() -> Iterator[str]:
    loader = botocore.session.get_session().get_component("data_loader")
    for partition in loader.load_data("partitions")["partitions"]:
        # "…-global" is botocore's name for "no region"; no endpoint of ours is without one
        yield from (name for name in partition["regions"] if not name.endswith("-global"))


@pytest.fixture(scope="module", params=["secretsmanager", "sts"])
def oracle(request: pytest.FixtureRequest) -> tuple[str, EndpointProvider]:
    loader = botocore.session.get_session().get_component("data_loader")
    rules = loader.load_service_model(request.param, "endpoint-rule-set-1")
    return request.param, EndpointProvider(rules, loader.load_data("partitions"))


@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("dual", [False, True])
@pytest.mark.parametrize("region", [*regions(), "eu-future-9", "us-gov-future-9", "cn-future-9"])
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


@pytest.mark.parametrize(
    ("region", "valid"),
    [("eu-west-1", True), ("x", True), ("", False), ("a.b", False), ("a/b", False), ("-a", False)],
)
def test_a_region_cannot_lead_to_another_host(region: str, valid: bool) -> None:
    assert endpoints.valid_region(region) is valid
