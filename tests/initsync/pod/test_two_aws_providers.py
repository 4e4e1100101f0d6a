"""A pod whose Secrets come from both of AWS's stores, and from both together."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from initsync.testing.apiserver import EmbeddedApiServer
from tests.initsync.fake_aws import ASSUMED, FakeAws
from tests.initsync.pod.sidecar_world import World
from tests.places import ROOT

BELOW = "GetParametersByPath"
READER = "arn:aws:iam::222222222222:role/reader"
BOTH = f"""secrets:
  - {{provider: aws-parameter-store, path: /prod/app/, secretName: app, role: {READER}}}
  - {{provider: aws-secretsmanager, path: /prod/db, secretName: app, role: {READER}}}
  - {{provider: aws-parameter-store, path: /prod/text, secretName: text, format: text, keys: [all]}}
"""


def run(
    api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path, annotation: str, **env: str
) -> tuple[int, World]:
    world = World(api, aws, tmp_path)
    world.env |= env
    world.annotate(**{"secret-sync": annotation})
    del world.env["JASM_MODE"], world.env["JASM_HANDOVER_DIR"]
    command = [sys.executable, "-c", "from initsync.pod import main; main.main()"]
    env = world.env | {"JASM_TIMEOUT": "5"}
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert "pl4nted" not in done.stdout + done.stderr
    return done.returncode, world


def parameter(name: str) -> dict[str, Any]:
    return {"Name": name, "Value": f"pl4nted{name}", "Version": 7}


def test_parameters_below_a_path_and_a_secret_fill_one_secret_by_one_identity(
    api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("t")
    irsa = {"AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}
    aws.will_assume()
    aws.will("AssumeRole", 200, ASSUMED.format(expiration="2999-01-01T00:00:00Z", number=2))
    aws.will(BELOW, 200, {"Parameters": [parameter("/prod/app/a")], "NextToken": "more"})
    aws.will(BELOW, 200, {"Parameters": [parameter("/prod/app/b/c")]})
    aws.will("GetParameter", 200, {"Parameter": parameter("/prod/text")})

    code, world = run(api, aws, tmp_path, BOTH, AWS_ACCESS_KEY_ID="", **irsa)

    assert code == 0
    assert sorted(it for it in aws.actions() if "Assume" in it) == [
        "AssumeRole",
        "AssumeRoleWithWebIdentity",
    ]
    assert world.values("text") == {"all": "pl4nted/prod/text"}
    assert world.values("app") == {
        "a": "pl4nted/prod/app/a",
        "b_c": "pl4nted/prod/app/b/c",
        "password": "pl4nted-one",
    }
    (told,) = world.events()
    assert told["reason"] == "SecretSynced"


def test_a_denial_names_the_one_action_that_a_path_needs(
    api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path
) -> None:
    aws.will(BELOW, 400, {"__type": "AccessDeniedException", "message": "not authorized"})

    code, world = run(
        api, aws, tmp_path, "provider: aws-parameter-store\npath: /p/\nsecretName: app\n"
    )

    assert code == 4
    (told,) = world.events()
    assert told["message"].endswith("grant it ssm:GetParametersByPath on /p/ in eu-west-1")


def test_the_event_says_which_region_answered(
    api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path
) -> None:
    text = parameter("/prod/text")
    aws.will("GetParameter", 503, {})
    aws.will("GetParameter", 200, {"Parameter": text})
    entry = "provider: aws-parameter-store\npath: /prod/text\nsecretName: text\n"
    entry += "format: text\nkeys: [all]\nfailoverRegion: eu-central-1\n"

    code, world = run(api, aws, tmp_path, entry)

    assert code == 0
    assert world.values("text") == {"all": "pl4nted/prod/text"}
    (told,) = world.events()
    assert told["type"] == "Normal"
    assert told["message"].endswith(
        "(version 7; read in eu-central-1, for eu-west-1 did not answer)"
    )


def test_a_role_that_may_not_be_assumed_is_told_on_the_pod(
    api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path
) -> None:
    aws.will("AssumeRole", 403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
    entry = f"provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\nrole: {READER}\n"

    code, world = run(api, aws, tmp_path, entry)

    assert code == 4
    (told,) = world.events()
    assert told["reason"] == "ExternalSecretAccessDenied"
    assert f"grant it sts:AssumeRole on {READER}, and name it in that role's trust" in str(told)
