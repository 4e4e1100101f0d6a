"""What `initsync policy` prints, in an account that enforces it: who gets which secret.

Trust policies by a ServiceAccount's token, permissions by the secret's name: a cloud's stand-in
that says yes to everything would hide a refusal.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from initsync.network.transport import Network
from initsync.permissions.cloudroles import Trust, cloud_role
from initsync.permissions.grants import grants
from initsync.permissions.iam import AwsScope
from initsync.permissions.requested import RequestedSecret
from initsync.providers.aws.secretsmanager import Provider
from initsync.words.errors import AccessDenied
from tests import oracles
from tests.initsync.providers.aws import ministack
from tests.initsync.providers.aws.ministack import Ministack, token

NAME, OTHER = "prod/db", "prod/other"
Fetch = Callable[..., str]


@pytest.fixture(scope="module")
def aws() -> Iterator[Ministack]:
    """An account with two secrets, and the role of team/app that may read one of them."""
    with Ministack(oracles.python_of(ministack.SERVER)) as server:
        server.trust_cluster()
        for name in (NAME, OTHER):
            server.client("secretsmanager").create_secret(
                Name=name, SecretString=json.dumps({"password": f"pl4nted of {name}"})
            )
        (grant,) = grants([RequestedSecret("team", "app", "db", "aws-secretsmanager", NAME)])
        place = AwsScope(ministack.ACCOUNT, ministack.REGION)
        role = cloud_role(grant, place, Trust("irsa", ministack.ISSUER), "jasm")
        iam = server.client("iam")
        iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=json.dumps(role.trust))
        for number, policy in enumerate(role.policies):
            iam.put_role_policy(
                RoleName=role.name, PolicyName=f"p{number}", PolicyDocument=json.dumps(policy)
            )
        yield server


@pytest.fixture
def fetch(aws: Ministack, tmp_path: Path) -> Iterator[Fetch]:
    """As a pod with IRSA does."""
    network = Network({}, lambda: 30.0, lambda _: None)

    def fetched(path: str, its_token: str = token("team:app"), role: str = "jasm_team_app") -> str:
        (tmp_path / "token").write_text(its_token)
        env = {
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": ministack.REGION,
            "AWS_ROLE_ARN": f"arn:aws:iam::{ministack.ACCOUNT}:role/{role}",
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        }
        content = Provider(env, time.time, network).fetch(path).content
        assert isinstance(content, str)
        return content

    yield fetched
    network.close()


def test_the_pod_that_the_role_is_for_gets_its_secret(fetch: Fetch) -> None:
    assert json.loads(fetch(NAME)) == {"password": f"pl4nted of {NAME}"}


def test_so_it_does_by_the_secrets_whole_arn(aws: Ministack, fetch: Fetch) -> None:
    arn = aws.client("secretsmanager").describe_secret(SecretId=NAME)["ARN"]

    assert json.loads(fetch(arn)) == {"password": f"pl4nted of {NAME}"}


@pytest.mark.parametrize("path", [OTHER, "prod/nothing", "prod/db-other"])
def test_no_other_secret_is_given_to_it(fetch: Fetch, path: str) -> None:
    with pytest.raises(AccessDenied, match=f"secretsmanager:GetSecretValue on {path}"):
        fetch(path)


@pytest.mark.parametrize(
    ("its_token", "role"),
    [
        pytest.param(token("team:other"), "jasm_team_app", id="another ServiceAccount"),
        pytest.param(token("other:app"), "jasm_team_app", id="another namespace"),
        pytest.param(token("team:app", "vault"), "jasm_team_app", id="another audience"),
        pytest.param(token("team:app"), "jasm_team_none", id="a role that is not there"),
    ],
)
def test_nobody_else_becomes_that_role(fetch: Fetch, its_token: str, role: str) -> None:
    with pytest.raises(AccessDenied, match="sts:AssumeRoleWithWebIdentity in the role's trust"):
        fetch(NAME, its_token, role)
