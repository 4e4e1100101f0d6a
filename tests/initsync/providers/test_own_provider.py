"""A provider of no cloud, in one file and one line: all that reads an annotation takes it."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from initsync import providers
from initsync.cli.main import main
from initsync.injection.settings import InjectionSettings
from initsync.providers import Modules
from initsync.testing import manifests
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words import keys
from injector.webhook.plan import Plans
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World
from tests.places import ROOT
from tests.polling import until

FILE = "tests.initsync.providers.shelf"
LINE = f"""from initsync import providers
providers.PROVIDERS['shelf'] = providers.Modules({FILE!r}, {FILE!r})
"""
ANNOTATION = "provider: shelf\npath: prod/db\nsecretName: db\n"


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "shelf", Modules(FILE, FILE))


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    (tmp_path / "shelf/prod").mkdir(parents=True)
    (tmp_path / "shelf/prod/db").write_text('{"password": "pl4nted-one"}')
    return tmp_path / "shelf"


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, shelf: Path, tmp_path: Path) -> World:
    """A pod that asks for it, and has no variable of AWS's."""
    world = World(api, aws, tmp_path)
    world.annotate(**{"secret-sync": ANNOTATION})
    world.env = {name: text for name, text in world.env.items() if not name.startswith("AWS_")}
    world.env |= {"SHELF_DIR": str(shelf), "JASM_TIMEOUT": "5"}
    return world


def command(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments, input=stdin)
    assert "pl4nted" not in result.output
    return result.exit_code, result.stdout, result.stderr


def manifest(text: str = ANNOTATION) -> str:
    return json.dumps(manifests.pod("shop", "web", {keys.ANNOTATION: text}))


def program(world: World) -> "subprocess.Popen[str]":
    code = f"{LINE}from initsync.pod import main; main.main()"
    return subprocess.Popen(
        [sys.executable, "-c", code], env=world.env, cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def test_check_knows_it_and_its_rule() -> None:
    assert command("check", "-", stdin=manifest())[0] == 0

    code, out, _ = command("check", "-", stdin=manifest(ANNOTATION.replace("prod", "..")))

    assert code == 3
    assert "path is '../db', but must be one line of at most 1000 characters without '..'" in out


def test_what_it_is_not_is_told_beside_it() -> None:
    code, out, _ = command("check", "-", stdin=manifest(ANNOTATION.replace("shelf", "conjur")))

    assert code == 3
    known = ", ".join(providers.names())
    assert f"provider is 'conjur', but must be one of: {known}" in out


@pytest.mark.parametrize("output", ["yaml", "json", "terraform"])
def test_policy_says_that_it_has_no_permissions_to_print(output: str) -> None:
    """And needs no account of AWS, where nothing is asked of AWS."""
    code, out, said = command("policy", "-o", output, "-", stdin=manifest())

    assert code == 0
    assert "ServiceAccount shop/default: shelf has no permissions to print" in said
    assert "jasm-sync" in out
    assert "aws" not in out


def test_policy_prints_what_is_aws_beside_it() -> None:
    both = [manifests.pod("shop", "web", {keys.ANNOTATION: ANNOTATION})]
    aws = ANNOTATION.replace("shelf", "aws-secretsmanager").replace(
        "secretName: db", "secretName: other"
    )
    both.append(manifests.pod("shop", "api", {keys.ANNOTATION: aws}))
    stdin = json.dumps({"kind": "List", "apiVersion": "v1", "items": both})

    options = ("--account=123456789012", "--region=eu-west-1", "-o", "json", "-")
    code, out, said = command("policy", *options, stdin=stdin)

    (account,) = json.loads(out)["serviceAccounts"]
    assert code == 0
    assert "shelf has no permissions to print" in said
    assert len(account["aws"]["permissionsPolicies"]) == 1
    assert [wish["provider"] for wish in account["secrets"]] == ["shelf", "aws-secretsmanager"]


def test_manifest_and_the_injector_add_the_container() -> None:
    code, out, _ = command("manifest", "--image=registry.example/jasm", "-", stdin=manifest())
    assert code == 0
    assert "jasm-init" in out

    plan = Plans(InjectionSettings("registry.example/jasm")).of(json.loads(manifest()), 500)

    assert not plan.refused
    assert "jasm-init" in base64.b64decode(plan.patch).decode()


def test_the_injector_loads_no_network_code_for_it() -> None:
    code = f"""{LINE}
import sys
from initsync.injection.settings import InjectionSettings
from injector.webhook.plan import Plans
pod = {json.loads(manifest())!r}
for name in ("shelf", "aws-secretsmanager"):
    text = pod["metadata"]["annotations"]["{keys.ANNOTATION}"].replace("shelf", name)
    pod["metadata"]["annotations"]["{keys.ANNOTATION}"] = text
    assert Plans(InjectionSettings("i")).of(pod, 500).patch
print(*sys.modules)
"""
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    assert "initsync.providers.aws.paths" in loaded
    assert [it for it in loaded if it.startswith("initsync.providers.aws.")] == [
        *("initsync.providers.aws.agents", "initsync.providers.aws.paths")
    ]
    assert {"initsync.network.transport", "ssl"}.isdisjoint(loaded)


def test_jasm_init_makes_the_secret_and_tells_it(world: World) -> None:
    del world.env["JASM_MODE"]

    with program(world) as done:
        _, said = done.communicate(timeout=30)

    assert done.returncode == 0
    assert said.splitlines()[-1] == "Secret db created with 1 key from shelf prod/db"
    assert world.values() == {"password": "pl4nted-one"}
    (event,) = world.events()
    assert "shelf prod/db" in event["message"]


@pytest.mark.parametrize(
    ("change", "code", "reason", "sentence"),
    [
        (
            "missing",
            4,
            "ExternalSecretNotFound",
            "shelf has no secret at path 'prod/db': ",
        ),
        ("no json", 3, "InvalidSecretData", "the secret at shelf path 'prod/db' cannot become"),
        ("away", 5, "ProviderUnavailable", "shelf did not answer"),
    ],
)
def test_what_goes_wrong_is_told_without_a_clouds_words(
    world: World, shelf: Path, change: str, code: int, reason: str, sentence: str
) -> None:
    del world.env["JASM_MODE"]
    world.env["JASM_TIMEOUT"] = "0"
    if change == "away":
        shelf.rename(shelf.with_name("elsewhere"))
    elif change == "missing":
        (shelf / "prod/db").unlink()
    else:
        (shelf / "prod/db").write_text("pl4nted")

    with program(world) as done:
        done.communicate(timeout=30)

    (event,) = world.events()
    assert (done.returncode, event["reason"]) == (code, reason)
    assert event["message"].startswith(sentence)
    assert not any(word in event["message"] for word in ("AWS", "region", "IAM"))


def test_the_sidecar_keeps_it_up_to_date(world: World) -> None:
    with program(world) as running:
        try:
            until(world.ready)
            assert world.values() == {"password": "pl4nted-one"}
        finally:
            running.terminate()
            assert running.wait(20) == 0
            assert running.stderr
            running.stderr.close()
