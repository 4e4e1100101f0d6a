"""A pod whose Secrets come from both of AWS's stores, and from both together."""

import io
from pathlib import Path
from typing import Any

from initsync.pod import main
from initsync.testing.apiserver import EmbeddedApiServer
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World

BELOW = "GetParametersByPath"
BOTH = """secrets:
  - {provider: aws-parameter-store, path: /prod/app/, secretName: app}
  - {provider: aws-secretsmanager, path: /prod/db, secretName: app}
  - {provider: aws-parameter-store, path: /prod/text, secretName: text, format: text, keys: [all]}
"""


def run(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path, annotation: str) -> tuple[int, World]:
    world = World(api, aws, tmp_path)
    world.annotate(**{"secret-sync": annotation})
    del world.env["JASM_MODE"], world.env["JASM_HANDOVER_DIR"]
    said = io.StringIO()
    code = main.run(world.env | {"JASM_TIMEOUT": "5"}, said)
    assert "pl4nted" not in said.getvalue()
    return code, world


def parameter(name: str) -> dict[str, Any]:
    return {"Name": name, "Value": f"pl4nted{name}", "Version": 7}


def test_parameters_below_a_path_and_a_secret_fill_one_secret_together(
    api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path
) -> None:
    aws.will(BELOW, 200, {"Parameters": [parameter("/prod/app/a")], "NextToken": "more"})
    aws.will(BELOW, 200, {"Parameters": [parameter("/prod/app/b/c")]})
    aws.will("GetParameter", 200, {"Parameter": parameter("/prod/text")})

    code, world = run(api, aws, tmp_path, BOTH)

    assert code == 0
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
