"""Both sides of a role that `initsync policy` prints, in two accounts that enforce them.

Of a path of parameters MiniStack, unlike AWS, looks at no resource: test_iam_enforced.py has those.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from initsync import providers
from initsync.network.transport import Network
from initsync.permissions.cloudroles import CloudRole, Trust, cloud_role
from initsync.permissions.grants import grants
from initsync.permissions.iam import AwsScope
from initsync.permissions.requested import RequestedSecret
from initsync.words.errors import AccessDenied
from tests import oracles
from tests.initsync.providers.aws import ministack
from tests.initsync.providers.aws.ministack import ACCOUNT, REGION, Ministack, token

THERE = "222222222222"
READER = f"arn:aws:iam::{THERE}:role/reader"
OPTIONS = {"role": READER, "externalId": "shop-1"}
SECRETS, PARAMETERS = "aws-secretsmanager", "aws-parameter-store"
Fetch = Callable[..., Any]


def client(server: Ministack, service: str, account: str) -> Any:
    """That account's administrator's."""
    keys = {"aws_access_key_id": account, "aws_secret_access_key": "x"}
    return boto3.client(service, region_name=REGION, endpoint_url=server.url, **keys)


def make(iam: Any, name: str, trust: Any, policies: Any) -> None:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    for number, policy in enumerate(policies):
        document = json.dumps(policy)
        iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=document)


def printed() -> CloudRole:
    options = tuple(sorted(OPTIONS.items()))
    (grant,) = grants(
        [
            RequestedSecret("team", "app", "db", SECRETS, "prod/db", "", options),
            RequestedSecret("team", "app", "app", PARAMETERS, "/prod/one", "", options),
        ]
    )
    return cloud_role(grant, AwsScope(ACCOUNT, REGION), Trust("irsa", ministack.ISSUER), "jasm")


@pytest.fixture(scope="module")
def aws() -> Iterator[Ministack]:
    """The pods' account with their role, and another with the reader, secrets and parameters."""
    with Ministack(oracles.python_of(ministack.SERVER)) as server:
        server.trust_cluster()
        role = printed()
        make(client(server, "iam", ACCOUNT), role.name, role.trust, role.policies)
        (other,) = role.assumed
        trust = {"Version": "2012-10-17", "Statement": [other.trust]}
        make(client(server, "iam", THERE), "reader", trust, other.policies)
        for name in ("prod/db", "prod/other"):
            client(server, "secretsmanager", THERE).create_secret(
                Name=name, SecretString=json.dumps({"password": "pl4nted"})
            )
        for name in ("/prod/one", "/prod/other/b"):
            ssm = client(server, "ssm", THERE)
            ssm.put_parameter(Name=name, Value="pl4nted", Type="SecureString")
        yield server


@pytest.fixture
def fetch(aws: Ministack, tmp_path: Path) -> Iterator[Fetch]:
    network = Network({}, lambda: 30.0, lambda _: None)
    (tmp_path / "token").write_text(token("team:app"))
    env = {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_REGION": REGION,
        "AWS_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/jasm_team_app",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
    }

    def fetched(provider: str, path: str, **options: str) -> Any:
        made: Any = providers.load(provider)(env, time.time, network)
        return made.fetch(path, "", options).content

    yield fetched
    network.close()


def test_the_pod_reads_by_it_what_is_in_the_other_account(fetch: Fetch) -> None:
    assert json.loads(fetch(SECRETS, "prod/db", **OPTIONS)) == {"password": "pl4nted"}
    assert fetch(PARAMETERS, "/prod/one", **OPTIONS) == "pl4nted"


@pytest.mark.parametrize(
    ("provider", "path"),
    [(SECRETS, "prod/other"), (PARAMETERS, "/prod/other/"), (PARAMETERS, "/prod/other/b")],
)
def test_it_reads_nothing_else_there(fetch: Fetch, provider: str, path: str) -> None:
    with pytest.raises(AccessDenied, match=f"refused {READER}"):
        fetch(provider, path, **OPTIONS)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"role": READER, "externalId": "other"}, id="another external ID"),
        pytest.param({"role": READER}, id="no external ID"),
        pytest.param({"role": f"{READER}-2"}, id="a role that is not allowed"),
    ],
)
def test_the_role_is_assumed_as_printed_only(fetch: Fetch, options: dict[str, str]) -> None:
    with pytest.raises(AccessDenied, match="sts:AssumeRole on "):
        fetch(SECRETS, "prod/db", **options)
