"""The printed policies in moto's IAM: it takes them, and with them, and only so, a fetch works."""

import json
import logging
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import settings as moto_settings
from moto.iam import access_control
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.server import ThreadedMotoServer
from moto.ssm.responses import SimpleSystemManagerResponse

from initsync import providers
from initsync.network.transport import Network
from initsync.permissions.cloudroles import CloudRole, Trust, cloud_role
from initsync.permissions.grants import grants
from initsync.permissions.iam import AwsScope
from initsync.permissions.requested import RequestedSecret
from initsync.providers.aws import secretsmanager
from initsync.words.errors import AccessDenied
from tests.initsync.permissions.moto_iam import (
    determine_parameter,
    determine_resource,
    match,
    refuse,
    teach_conditions,
)

REGION = "eu-west-1"
PLACE = AwsScope("123456789012", REGION)
NAME, PARAMETERS = "aws-secretsmanager", "aws-parameter-store"


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a server in this process, which enforces nothing yet."""
    monkeypatch.setattr(
        SecretsManagerResponse, "_determine_resource", determine_resource, raising=False
    )
    monkeypatch.setattr(
        SimpleSystemManagerResponse, "_determine_resource", determine_parameter, raising=False
    )
    monkeypatch.setattr(access_control.IAMPolicyStatement, "_match", staticmethod(match))
    monkeypatch.setattr(access_control.IAMRequest, "_raise_access_denied", refuse)
    monkeypatch.setattr(moto_settings, "INITIAL_NO_AUTH_ACTION_COUNT", float("inf"))
    monkeypatch.setattr(logging.getLogger("werkzeug"), "disabled", True)  # it logs in colours
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    yield f"http://{host}:{port}"
    server.stop()


def client(moto: str, service: str, **credentials: str) -> Any:
    chosen = {"aws_access_key_id": "AKIA1", "aws_secret_access_key": "s"} | credentials
    return boto3.client(service, region_name=REGION, endpoint_url=moto, **chosen)


def role_of(
    *paths: str, kind: str = "pod-identity", issuer: str = "", provider: str = NAME
) -> CloudRole:
    numbered = enumerate(paths)
    secrets = [
        RequestedSecret("shop", "web", f"s{number}", provider, path) for number, path in numbered
    ]
    (grant,) = grants(secrets)
    return cloud_role(grant, PLACE, Trust(kind, issuer), "jasm")


def create(moto: str, role: CloudRole, *, attach: bool = True) -> str:
    iam = client(moto, "iam")
    trust = json.dumps(role.trust)
    arn = iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for number, document in enumerate(role.policies if attach else ()):
        name = f"{role.name}-{number}"
        made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
        iam.attach_role_policy(RoleName=role.name, PolicyArn=made["Policy"]["Arn"])
    return str(arn)


def fetch(
    moto: str, role_arn: str, path: str, monkeypatch: pytest.MonkeyPatch, version: str = ""
) -> dict[str, str]:
    content = fetched(moto, role_arn, path, monkeypatch, version)
    assert isinstance(content, str)
    found: dict[str, str] = json.loads(content)
    return found


def fetched(
    moto: str,
    role_arn: str,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    version: str = "",
    provider: str = NAME,
) -> Any:
    """As a pod with that role, while every request needs permission."""
    assumed = client(moto, "sts").assume_role(RoleArn=role_arn, RoleSessionName="pod")
    given = assumed["Credentials"]
    env = {
        "AWS_ENDPOINT_URL": moto,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
    network = Network({}, lambda: 60.0, lambda _: None)
    made = providers.load(provider)(env, time.time, network)
    with monkeypatch.context() as enforced:
        enforced.setattr(moto_settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        return made.fetch(path, version).content


def test_the_printed_role_fetches_its_secret_and_no_other(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("prod/db", "prod/db-abcdef", "prod/d"):
        client(moto, "secretsmanager").create_secret(
            Name=path, SecretString=json.dumps({"of": path})
        )
    arn = create(moto, role := role_of("prod/db"))

    client(moto, "secretsmanager").put_secret_value(SecretId="prod/db", SecretString='{"of": "2"}')

    assert role.arn == arn
    assert fetch(moto, arn, "prod/db", monkeypatch) == {"of": "2"}
    assert fetch(moto, arn, "prod/db", monkeypatch, "AWSPREVIOUS") == {"of": "prod/db"}
    for other in ("prod/db-abcdef", "prod/d"):
        with pytest.raises(AccessDenied):
            fetch(moto, arn, other, monkeypatch)


def test_a_policy_that_allows_the_current_version_only_lets_a_pod_fetch(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach_conditions(monkeypatch)
    client(moto, "secretsmanager").create_secret(Name="prod/db", SecretString='{"a": "b"}')
    role = role_of("prod/db")
    for document in role.policies:
        for statement in document["Statement"]:
            statement["Condition"] = {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    arn = create(moto, role)

    assert fetch(moto, arn, "prod/db", monkeypatch) == {"a": "b"}
    monkeypatch.setattr(secretsmanager, "_STAGE", "AWSPREVIOUS")
    with pytest.raises(AccessDenied):
        fetch(moto, arn, "prod/db", monkeypatch)


@pytest.mark.parametrize("kind", ["Name", "ARN"])
def test_the_printed_role_fetches_what_a_service_of_aws_made(
    moto: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    name = "rds!cluster-36d996b5-5fe6-4775-889e-c2ef1fedb072"
    made = client(moto, "secretsmanager").create_secret(Name=name, SecretString='{"a": "b"}')
    arn = create(moto, role_of(made[kind]))

    assert fetch(moto, arn, made[kind], monkeypatch) == {"a": "b"}


def test_without_the_printed_policy_nothing_is_fetched(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client(moto, "secretsmanager").create_secret(Name="prod/db", SecretString='{"a": "b"}')
    arn = create(moto, role_of("prod/db"), attach=False)

    with pytest.raises(AccessDenied):
        fetch(moto, arn, "prod/db", monkeypatch)


@pytest.mark.parametrize("kind", ["pod-identity", "irsa"])
def test_iam_takes_every_document(moto: str, kind: str) -> None:
    issuer = "oidc.eks.eu-west-1.amazonaws.com/id/ABC" if kind == "irsa" else ""
    role = role_of(
        *(f"/prod/{number}/{'x' * 200}" for number in range(60)), kind=kind, issuer=issuer
    )

    create(moto, role)

    assert len(role.policies) > 1
    stored = client(moto, "iam").get_role(RoleName=role.name)["Role"]
    assert stored["AssumeRolePolicyDocument"] == role.trust


def test_the_printed_role_reads_its_parameters_and_no_others(
    moto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("/one", "/other", "/app/a", "/app/b/c", "/app2/d", "plain"):
        client(moto, "ssm").put_parameter(Name=name, Value=f"pl4nted{name}", Type="SecureString")
    arn = create(moto, role_of("/one", "plain", "/app/", provider=PARAMETERS))

    def read(path: str) -> Any:
        return fetched(moto, arn, path, monkeypatch, provider=PARAMETERS)

    assert (read("/one"), read("plain")) == ("pl4nted/one", "pl4ntedplain")
    assert read("/app/") == {"a": "pl4nted/app/a", "b_c": "pl4nted/app/b/c"}
    for path in ("/other", "/app2/", "/", "/app/b/", "/app/a"):
        with pytest.raises(AccessDenied):
            read(path)
