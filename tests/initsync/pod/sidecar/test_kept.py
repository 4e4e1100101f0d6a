"""A sidecar keeps who it is over its cycles, until that ends or is refused."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from initsync.pod.sidecar import loop
from initsync.sync.log import Log
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words.rules import user_name
from initsync.words.times import timestamp
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import Ended, World

ASSUME, GET = "AssumeRoleWithWebIdentity", "GetSecretValue"


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    """A pod with IRSA."""
    world = World(api, aws, tmp_path)
    del world.env["AWS_ACCESS_KEY_ID"], world.env["AWS_SECRET_ACCESS_KEY"]
    (tmp_path / "web").write_text("pl4nted.web.token")
    world.env |= {"AWS_ROLE_ARN": "arn:aws:iam::1:role/a"}
    world.env |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "web")}
    return world


def cycles(world: World, *between: Callable[[], object]) -> list[str]:
    """What AWS is asked in the first sync, and in one after each of these."""
    world.time.then = [*between, world.time.end]
    log = Log(world.log, lambda: world.time.now)
    with pytest.raises(Ended):
        loop.run(world.env, log, world.time.clock, 1.0)
    return world.aws.actions()


def nothing() -> None:
    """The time passes."""


def mended(world: World) -> Callable[[], None]:
    return lambda: world.provide(password="pl4nted-one")


def test_one_identity_serves_many_cycles(world: World) -> None:
    world.aws.will_assume()

    assert cycles(world, nothing, nothing, nothing) == [ASSUME, GET, GET, GET, GET]


def test_a_cycle_that_rests_asks_its_provider_and_reads_its_secret_and_no_more(
    world: World,
) -> None:
    world.aws.will_assume()
    user = user_name(world.namespace, "default")
    seen: list[Counter[tuple[str, str]]] = []

    def look() -> None:
        seen.append(world.api.calls(user))

    asked = cycles(world, look, look)

    assert asked[2:] == [GET, GET]
    assert seen[1] - seen[0] == {("get", "secrets"): 1}


def test_one_that_ends_within_a_minute_is_not_kept(world: World) -> None:
    world.aws.will_assume(timestamp(time.time() + 30))

    assert cycles(world, nothing) == [ASSUME, GET, ASSUME, GET]


def test_after_a_refusal_it_asks_who_it_is_anew(world: World) -> None:
    world.aws.will_assume()

    asked = cycles(
        world, lambda: world.break_aws("AccessDeniedException", 400), mended(world), nothing
    )

    assert asked == [ASSUME, GET, GET, ASSUME, GET, GET]


def test_an_outage_is_no_refusal(world: World) -> None:
    world.aws.will_assume()

    asked = cycles(world, lambda: world.break_aws("ServiceUnavailable", 503), mended(world))

    assert asked == [ASSUME, GET, GET, GET]


def test_an_edited_annotation_keeps_who_it_is(world: World) -> None:
    world.aws.will_assume()
    other = "provider: aws-secretsmanager\npath: /prod/other\nsecretName: db\n"

    asked = cycles(world, lambda: world.annotate(**{"secret-sync": other}))

    assert asked == [ASSUME, GET, GET]
    assert world.values() == {"password": "pl4nted-one"}
