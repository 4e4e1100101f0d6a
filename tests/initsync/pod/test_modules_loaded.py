"""A sync loads no module that it does not need: every pod's start would pay for it."""

import operator
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.testing.apiserver import EmbeddedApiServer
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World
from tests.places import ROOT

EXPECTED = Path(__file__).with_name("modules.txt")
"""A line a module; with a version behind it where only some Pythons load it, and not all of them
in each of their releases."""
# As in the image: `-IS`, and our folder the only one beside the standard library's.
SYNC = f"""
import sys
before = set(sys.modules)
sys.path.insert(0, {str(ROOT)!r})
import os
from initsync.pod import main
code = main.run(os.environ, sys.stderr)
print(*sorted(set(sys.modules) - before))
sys.exit(code)
"""


@pytest.fixture(params=["IRSA", "Pod Identity"])
def world(
    request: pytest.FixtureRequest, api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path
) -> World:
    world = World(api, aws, tmp_path)
    del world.env["JASM_MODE"], world.env["JASM_HANDOVER_DIR"], world.env["AWS_ACCESS_KEY_ID"]
    token = tmp_path / "token"
    token.write_text("pl4nted-token")
    if request.param == "IRSA":
        aws.will_assume()
        role = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app"}
        world.env |= role | {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}
    else:
        agent = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{aws.env['AWS_ENDPOINT_URL']}/v1"}
        world.env |= agent | {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)}
        names = ("AccessKeyId", "SecretAccessKey", "Token")
        given = dict.fromkeys(names, "pl4nted-key")
        aws.will("GetCredentials", 200, given | {"Expiration": "2999-01-01T00:00:00Z"})
    return world


def loaded(world: World) -> set[str]:
    command = [sys.executable, "-ISc", SYNC]
    done = subprocess.run(command, env=world.env, check=True, capture_output=True, text=True)
    return {name for name in done.stdout.split() if not name.split(".")[0].startswith("_")}


def expected(only_some: bool) -> Iterator[str]:
    """Of this Python: what every Python loads, or else what some load."""
    compare = {"<": operator.lt, ">=": operator.ge}
    for line in EXPECTED.read_text().splitlines():
        name, *condition = line.split()
        if not condition:
            if not only_some:
                yield name
        elif only_some:
            sign, version = condition
            if compare[sign](sys.version_info, tuple(map(int, version.split(".")))):
                yield name


def test_a_sync_of_a_secret_that_is_up_to_date_loads_what_it_needs(world: World) -> None:
    loaded(world)  # creates the Secret

    found = loaded(world)

    assert world.reasons() == ["SecretSynced"] * 2
    new = sorted(found - {*expected(only_some=False), *expected(only_some=True)})
    assert new == [], (
        f"every pod's start would pay for importing {', '.join(new)}: import it where it is "
        f"needed, or measure it (make bench) and add it to {EXPECTED.name}"
    )
    gone = sorted({*expected(only_some=False)} - found)
    assert gone == [], f"{', '.join(gone)}: not loaded any more, so remove from {EXPECTED.name}"
