"""A sync loads no module that it does not need: every pod's start would pay for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from initsync.testing.apiserver import EmbeddedApiServer
from tests.initsync.fake_aws import FakeAws
from tests.initsync.sidecar_world import World

ROOT = Path(__file__).parents[2]
EXPECTED = Path(__file__).with_name("modules.txt")
# As in the image: `-IS`, and our folder the only one beside the standard library's.
SYNC = f"""
import sys
before = set(sys.modules)
sys.path.insert(0, {str(ROOT)!r})
import os
from initsync import podmain
code = podmain.run(os.environ, sys.stderr)
print(*sorted(set(sys.modules) - before))
sys.exit(code)
"""


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    world = World(api, aws, tmp_path)
    del world.env["JASM_MODE"], world.env["AWS_ACCESS_KEY_ID"]
    aws.will_assume()
    token = tmp_path / "web-identity"
    token.write_text("pl4nted-token")
    role = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app"}
    world.env |= role | {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}
    return world


def loaded(world: World) -> set[str]:
    command = [sys.executable, "-ISc", SYNC]
    done = subprocess.run(command, env=world.env, check=True, capture_output=True, text=True)
    return {name for name in done.stdout.split() if not name.split(".")[0].startswith("_")}


def test_a_sync_of_a_secret_that_is_up_to_date_loads_nothing_new(world: World) -> None:
    """The file has what Pythons 3.11 to 3.15 load, together, private names aside."""
    loaded(world)  # creates the Secret

    new = sorted(loaded(world) - set(EXPECTED.read_text().split()))

    assert world.reasons() == ["SecretSynced"] * 2
    assert new == [], (
        f"every pod's start would pay for importing {', '.join(new)}: import it where it is "
        f"needed, or measure it (make bench) and add it to {EXPECTED.name}"
    )
