"""Paths: what botocore's model allows is sent, and what cannot be sent is refused with a rule."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator
from hypothesis import assume, example, given
from hypothesis import strategies as st

from initsync import providers
from initsync.annotation.request import parse
from initsync.network.transport import Connection, Network, Response
from initsync.providers.aws import paths
from initsync.providers.aws.secretsmanager import Provider
from initsync.words.model import PodRef

POD = PodRef("shop", "web-1", "0b2a")
ROOT = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:"
ENV = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s"}
MODEL = botocore.session.get_session().get_service_model("secretsmanager")
REQUEST = MODEL.operation_model("GetSecretValue").input_shape

# What services of AWS call the secrets that they make: RDS, EventBridge, Redshift, ECS, AppFlow,
# DataSync, Direct Connect (https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html).
OF_SERVICES = (
    "rds!cluster-36d996b5-5fe6-4775-889e-c2ef1fedb072",
    "rds!db-1a2b3c4d",
    "events!connection/orders/7f5b2f5e-2d0c-4b6a-9a4e-6c1d0f0a9b11",
    "redshift!shop-admin",
    "ecs-sc!d1d2d3d4",
    "appflow!1234-orders",
    "aws-datasync!loc-0123456789abcdef0",
    "directconnect!us-east-1/directconnect/0f85/",
)


class Wire:
    """In place of a network: one answer for everybody, and what was asked of whom."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def proxied(self, url: str, *_: Any) -> Connection:
        self.url, self.authority, self.prefix = url, url.removeprefix("https://"), ""
        return cast(Connection, self)

    def left(self) -> float:
        return 60.0

    def request(self, *request: Any) -> Response:
        self.asked.append((self.authority, json.loads(request[-1])))
        return Response(200, {}, b'{"SecretString": "{\\"a\\": \\"b\\"}"}')


def sent(path: str, env: Mapping[str, str] = ENV) -> tuple[str, str]:
    """The host that is asked for a path in an annotation, and the SecretId that it is asked for."""
    fields = {"provider": "aws-secretsmanager", "path": path, "secretName": "db"}
    text = yaml.safe_dump(fields, allow_unicode=True)
    (request,) = parse(text, POD, providers)
    wire = Wire()
    Provider(env, lambda: 0.0, cast(Network, wire)).fetch(request.secret_path)
    ((host, body),) = wire.asked
    return host, body["SecretId"]


@pytest.mark.parametrize("name", OF_SERVICES)
def test_what_services_of_aws_make_is_taken_as_name_and_as_arn(name: str) -> None:
    assert sent(name) == ("secretsmanager.eu-west-1.amazonaws.com", name)
    for arn in (f"{ROOT}{name}", f"{ROOT}{name}-AbCdEf"):
        assert sent(arn) == ("secretsmanager.ap-south-1.amazonaws.com", arn)


# Of Unicode without control characters and halves of characters, which no annotation can hold.
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40)
ARNS = st.builds(
    "arn:{}:secretsmanager:{}:{}:secret:{}".format,
    st.sampled_from(["aws", "aws-cn", "aws-us-gov", "aws-new"]),
    st.sampled_from(["us-east-1", "cn-north-1", "us-gov-west-1", "eu-future-9"]),
    st.text("0123456789", min_size=12, max_size=12),
    NAMES.filter(lambda name: ":" not in name),
)


@given(NAMES | ARNS)
@example("x" * 2048)
@example("prod/db?v=1 *$ü")
@example("arn:aws:s3:::bucket")
def test_what_botocores_model_allows_is_sent(path: str) -> None:
    assume(path.strip())
    assert not ParamValidator().validate({"SecretId": path}, REQUEST).has_errors()

    host, secret_id = sent(path)

    assert secret_id == path
    region = path.split(":")[3] if path.startswith("arn:aws") and ":secret:" in path else ""
    assert f".{region or 'eu-west-1'}.amazonaws" in host


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("", "must be the name or ARN of a secret, of 1 to 2048 characters"),
        (" \u3000", "must be the name or ARN of a secret, of 1 to 2048 characters"),
        ("x" * 2049, "must be the name or ARN of a secret, of 1 to 2048 characters"),
        ("a\nb", "must be one line of Unicode without control characters"),
        ("a\x1b[2J", "must be one line of Unicode without control characters"),
        ("a\x85", "must be one line of Unicode without control characters"),
        ("\ud800", "must be one line of Unicode without control characters"),
    ],
)
def test_what_is_no_path_anywhere_is_refused(path: str, rule: str) -> None:
    assert paths.problem(path) == rule


@pytest.mark.parametrize(
    "region", ["", "-", "eu-west-1-", "EU-WEST-1", "evil.example", "x/../y", "a@b"]
)
def test_an_arn_leads_a_request_to_a_region_and_nowhere_else(region: str) -> None:
    path = ROOT.replace("ap-south-1", region) + "db"

    assert str(paths.problem(path)).startswith("must name a region in its ARN, such as eu-west-1")
    assert paths.region(path) is None


@pytest.mark.parametrize(
    "end", [":password::", ":password", "::AWSPREVIOUS:", ":::0123", ":a:b:c"], ids=str
)
def test_a_reference_of_ecs_has_its_own_sentence(end: str) -> None:
    said = str(paths.problem(f"{ROOT}db-AbCdEf{end}"))

    assert said.startswith(f"must be the secret's ARN alone: behind its name '{end}' is how ECS")
    assert said.endswith(f"write '{ROOT}db-AbCdEf', of which JASM takes every key")


@pytest.mark.parametrize(
    ("path", "end"),
    [
        (f"{ROOT}prod/db-AbCdEf", "-AbCdEf"),
        (f"{ROOT}prod/my-secret", "-secret"),
        (f"{ROOT}prod/db", ""),
        (f"{ROOT}rds!cluster-c2ef1fedb072", ""),
        ("prod/my-secret", ""),
    ],
)
def test_only_an_arn_has_an_end_that_aws_chose(path: str, end: str) -> None:
    assert paths.tail(path) == end


def test_the_rules_of_paths_need_no_way_out() -> None:
    """The webhook asks them (`test_architecture` says what it may load)."""
    source = Path(paths.__file__).read_text()

    imported = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
    assert imported == ["import re", "from initsync.words.wording import shown"]
