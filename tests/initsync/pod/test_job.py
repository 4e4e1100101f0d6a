"""What keeps `jasm-init` from its sync stands on the pod too: an Event of the last line's words."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from initsync import providers
from initsync.annotation import check, request
from initsync.sync import settings
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import PodRef
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World

EMPTY = (
    "annotation jasm.codnod.io/secret-sync: has no text (a Helm value that is not set?): "
    "write provider, path and secretName, one a line"
)


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    world = World(api, aws, tmp_path)
    del world.env["JASM_MODE"]
    return world


def run(world: World) -> tuple[int, str]:
    """The exit code, and the last line."""
    command = [sys.executable, "-c", "from initsync.pod import main; main.main()"]
    done = subprocess.run(command, env=world.env, capture_output=True, text=True, timeout=30)
    assert "pl4nted" not in done.stderr
    return done.returncode, done.stderr.splitlines()[-1]


def said(world: World) -> list[tuple[str, str, str]]:
    return [(event["type"], event["reason"], event["message"]) for event in world.events()]


@pytest.mark.parametrize("mode", ["init", "sidecar"])
@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_annotation_is_invalid_for_everybody(world: World, mode: str, text: str) -> None:
    world.annotate(**{"secret-sync": text})

    code, line = run(world) if mode == "init" else run_sidecar(world)

    assert (code, line) == (3, f"error: {EMPTY}")
    assert said(world) == [("Warning", "InvalidAnnotation", EMPTY)]
    found = {keys.ANNOTATION: text}
    (problem,) = check.problems(found, providers)
    assert str(problem) == EMPTY
    with pytest.raises(AnnotationError, match="has no text"):
        request.parse(text, PodRef("", "", ""), providers)


def run_sidecar(world: World) -> tuple[int, str]:
    world.env["JASM_MODE"] = keys.SIDECAR
    return run(world)


def test_a_pod_that_starts_anyway_does_so_with_an_empty_annotation_too(world: World) -> None:
    world.annotate(**{"secret-sync": "", "on-failure": "continue"})

    code, line = run(world)

    anyway = f"{EMPTY}; the pod starts anyway (jasm.codnod.io/on-failure: continue)"
    assert (code, line) == (0, f"warning: {anyway}")
    assert said(world) == [("Warning", "InvalidAnnotation", anyway)]
    assert json.loads((world.root / "handover" / "keys.json").read_text()) == {}


WRONG = [
    ("JASM_TIMEOUT", "60s", "JASM_TIMEOUT is '60s': set it to seconds, such as 60 or 0.5"),
    ("JASM_SETTLE", "-1", "JASM_SETTLE is '-1': set it to seconds, such as 60 or 0.5"),
    ("JASM_RESTART_POLICY", "no", "JASM_RESTART_POLICY is 'no': set it to Always or OnFailure or"),
    ("JASM_MODE", "both", "JASM_MODE is 'both': set it to init or sidecar"),
    ("JASM_LOG_FORMAT", "xml", "JASM_LOG_FORMAT is 'xml': set it to text or json"),
    ("JASM_LOG_LEVEL", "loud", "JASM_LOG_LEVEL is 'loud': set it to info or debug"),
    ("JASM_HANDOVER_DIR", "/none", "JASM_HANDOVER_DIR is '/none', where nothing can be written"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_variable_is_an_event(world: World, name: str, value: str, sentence: str) -> None:
    world.env[name] = value

    code, line = run(world)

    assert code == 2
    assert line.startswith(f"error: {sentence}")
    assert said(world) == [("Warning", "InvalidSetup", line.removeprefix("error: "))]


@pytest.mark.parametrize("name", ["JASM_TIMEOUT", "JASM_MODE", "JASM_LOG_LEVEL"])
def test_a_pod_that_starts_anyway_does_so_with_a_wrong_variable_too(
    world: World, name: str
) -> None:
    world.annotate(**{"on-failure": "continue"})
    world.env[name] = "wrong"

    code, line = run(world)

    assert code == 0
    assert line.startswith(f"warning: {name} is 'wrong'")
    assert [event[1] for event in said(world)] == ["InvalidSetup"]


def test_every_setting_that_can_be_wrong_is_left_out_where_it_is() -> None:
    wrong = dict.fromkeys(["JASM_TIMEOUT", "JASM_SETTLE", "JASM_RESTART_POLICY"], "wrong")

    assert settings.from_env(settings.without(wrong | {"PATH": "/bin"})) == settings.SyncSettings()
    assert settings.without({"PATH": "/bin"}) == {"PATH": "/bin"}


STS_ERROR = (
    "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>No OpenIDConnect provider "
    "found in your account for https://oidc.example</Message></Error></ErrorResponse>"
)
GIVEN = {
    "AccessKeyId": "ASIA1",
    "SecretAccessKey": "pl4nted-key",
    "Token": "pl4nted-token",
    "Expiration": "2999-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    "identity", ["an association that is not there yet", "an OIDC provider that is not there yet"]
)
@pytest.mark.parametrize(("policy", "code"), [("Never", 0), ("Always", 4)])
def test_an_identity_that_spreads_is_waited_for_where_nobody_starts_the_container_again(
    world: World, identity: str, policy: str, code: int
) -> None:
    token = world.root / "cloud-token"
    token.write_text("pl4nted-token")
    del world.env["AWS_ACCESS_KEY_ID"]
    world.env |= {"JASM_RESTART_POLICY": policy, "JASM_TIMEOUT": "20"}
    if "association" in identity:
        world.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = world.aws.env["AWS_ENDPOINT_URL"]
        world.env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(token)
        world.aws.will("GetCredentials", 404, b"no association")
        world.aws.will("GetCredentials", 200, GIVEN)
    else:
        world.env |= {"AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}
        world.aws.will("AssumeRoleWithWebIdentity", 400, STS_ERROR)
        world.aws.will_assume()

    found, _ = run(world)

    assert found == code
    assert world.reasons() == ["SecretSynced" if code == 0 else "NoCloudIdentity"]


@pytest.mark.parametrize(
    ("refusal", "asked"),
    [
        ("ResourceNotFoundException", 2),
        ("AccessDeniedException", 2),
        ("InvalidRequestException", 1),
        ("InvalidParameterException", 1),
        ("ValidationException", 1),
    ],
)
def test_under_never_only_what_may_pass_is_waited_for(
    world: World, refusal: str, asked: int
) -> None:
    world.env |= {"JASM_RESTART_POLICY": "Never", "JASM_TIMEOUT": "20"}
    good = world.aws.answers.pop("GetSecretValue")
    world.aws.will("GetSecretValue", 400, {"__type": refusal, "message": "because"})
    world.aws.answers["GetSecretValue"] += good

    code, _ = run(world)

    assert (code, len(world.aws.actions())) == (0 if asked == 2 else 4, asked)
