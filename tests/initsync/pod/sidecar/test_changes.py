"""When a sidecar does what its pod asks for by `on-change`, and what is no reason to do it."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from initsync.pod import job
from initsync.pod.sidecar import loop
from initsync.pod.sidecar.contents import FILE
from initsync.pod.sidecar.loop import Sidecar
from initsync.sync.log import Log
from initsync.testing.apiserver import EmbeddedApiServer
from tests.full import times
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.changes_side import (
    EVICT,
    HOUR,
    Evictions,
    evictable,
    evictions_of,
    pass_time,
    rotate,
    started,
)
from tests.initsync.pod.sidecar_world import ANNOTATION, Ended, World

CYCLES = times("FLAPPING", 100, 20)


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    return evictable(api, aws, tmp_path)


@pytest.fixture
def evictions(world: World, monkeypatch: pytest.MonkeyPatch) -> Evictions:
    return evictions_of(world, monkeypatch)


def _restarted(world: World, side: Sidecar) -> Sidecar:
    return world.sidecar()


def _edited(world: World, side: Sidecar) -> Sidecar:
    """Keys of the same source, and so other data."""
    text = ANNOTATION.format(name="db") + "keys:\n  - password: other\n"
    world.annotate(**{"secret-sync": text, "change-window": "0s", "refresh-interval": "1m"})
    return side


def _outage(world: World, side: Sidecar) -> Sidecar:
    world.break_aws()
    world.cycle(side, 3)
    world.provide(password="pl4nted-one")
    return side


def _denial(world: World, side: Sidecar) -> Sidecar:
    world.break_aws("AccessDeniedException", 400)
    world.cycle(side, 3)
    world.provide(password="pl4nted-one")
    return side


def _labels(world: World, side: Sidecar) -> Sidecar:
    world.annotate(**{"secret-sync": ANNOTATION.format(name="db") + "labels:\n  team: payments\n"})
    return side


def _clock_jumps(world: World, side: Sidecar) -> Sidecar:
    """The one of the wall only; by years, both ways."""
    real, jumps = side._clock.now, iter([5e8, -5e8, 0.0] * 9)
    side._clock = side._clock._replace(now=lambda: real() + next(jumps))
    if side._changes:
        side._changes._clock = side._clock
    return side


def _overwritten(world: World, side: Sidecar) -> Sidecar:
    """By somebody, and put right by the next sync."""
    path = f"/api/v1/namespaces/{world.namespace}/secrets/db"
    change = {"data": {"password": "cGw0bnRlZC10aHJlZQ=="}}
    kind = "application/merge-patch+json"
    assert world.api.request("PATCH", path, change, kind).status == 200
    return side


def _annotation_gone_for_a_while(world: World, side: Sidecar) -> Sidecar:
    world.annotate(**{"on-change": ""})
    world.cycle(side)
    world.annotate(**{"on-change": EVICT})
    return side


NO_REASONS = (
    *(_restarted, _edited, _outage, _denial, _labels, _clock_jumps, _overwritten),
    _annotation_gone_for_a_while,
)


@pytest.mark.parametrize("happens", NO_REASONS)
def test_without_another_value_nothing_is_done(
    world: World, evictions: Evictions, happens: Callable[[World, Sidecar], Sidecar]
) -> None:
    side = happens(world, started(world))
    world.cycle(side, 3)
    pass_time(world, side, HOUR)
    assert evictions.at == []

    rotate(world)  # and a new one is still seen
    world.cycle(side)
    pass_time(world, side, HOUR)

    assert len(evictions.at) == 1


HAPPENS = (_restarted, _outage, _denial, _labels, _clock_jumps, _overwritten)


def test_over_many_cycles_of_failures_nobody_is_evicted_in_vain(
    world: World, evictions: Evictions
) -> None:
    chance = random.Random(19)
    side = started(world)

    for _ in range(CYCLES):
        side = chance.choice(HAPPENS)(world, side)
        world.cycle(side)
        pass_time(world, side, 300)

    assert evictions.at == []
    assert sum(side.cycles.figures.syncs.values()) > 0


def test_a_restart_forgets_neither_what_is_to_be_done_nor_what_was(
    world: World, evictions: Evictions
) -> None:
    side = started(world)
    rotate(world)
    world.cycle(side)

    later = world.sidecar()
    world.cycle(later)
    pass_time(world, later, 60)
    assert len(evictions.at) == 1

    last = world.sidecar()
    world.cycle(last)
    pass_time(world, last, HOUR)
    assert len(evictions.at) == 1


def test_what_is_kept_is_no_value_and_for_nobody_else_and_of_this_pod(
    world: World, evictions: Evictions
) -> None:
    started(world)
    file = world.root / "handover" / FILE

    assert "pl4nted" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    again = started(world)
    first = json.loads(file.read_text())
    file.write_text(json.dumps(first | {"pod": "another"}))
    another = world.sidecar()
    rotate(world)
    world.cycle(another)
    pass_time(world, another, HOUR)
    assert again is not another
    assert evictions.at == []


def test_the_loop_does_it_between_its_syncs(world: World, evictions: Evictions) -> None:
    world.time.then = [lambda: rotate(world), *[lambda: None] * 200, world.time.end]

    with pytest.raises(Ended):
        loop.run(world.env, Log(world.log, lambda: world.time.now), world.time.clock)

    assert len(evictions.at) == 1
    assert world.reasons()[-1] == "PodEvicted"


def test_a_container_that_does_not_stay_says_so(world: World) -> None:
    world.env["JASM_MODE"] = "init"

    assert job.run(world.env, world.log) == 3

    assert world.reasons() == ["InvalidAnnotation"]
    assert "on-change: needs jasm.codnod.io/mode: sidecar" in world.lines()[-1]


def test_a_pod_that_nobody_makes_anew_does_not_start(world: World) -> None:
    del world.env["JASM_CONTROLLED"]

    assert world.sidecar().start() == 3

    assert world.reasons() == ["InvalidAnnotation"]
    assert "evict needs a controller" in world.lines()[-1]
