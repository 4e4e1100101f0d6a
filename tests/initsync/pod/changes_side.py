"""A pod that wants something done when its values change, and the evictions that it asks for."""

from pathlib import Path

import pytest

from initsync.kube.cluster import Cluster
from initsync.pod.sidecar.loop import POLL, Sidecar
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words.errors import JasmError
from initsync.words.model import PodRef
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World

EVICT = "evict"
HOUR = 3600.0


class Evictions:
    """Those that were asked for, each granted but for `answers`, the next first."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.at: list[float] = []
        self.answers: list[JasmError | bool] = []

    def __call__(self, _: Cluster, pod: PodRef) -> bool:
        assert pod.uid == self._world.files["uid"]
        self.at.append(self._world.time.now)
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, JasmError):
            raise answer
        return answer


def evictions_of(world: World, monkeypatch: pytest.MonkeyPatch) -> Evictions:
    """From now on they are asked for here, and not of the API server."""
    found = Evictions(world)
    monkeypatch.setattr(Cluster, "evict", lambda *asked: found(*asked))
    return found


def evictable(api: EmbeddedApiServer, aws: FakeAws, root: Path) -> World:
    """A pod of a controller that is to be evicted within a minute of a change."""
    world = World(api, aws, root)
    world.env["JASM_CONTROLLED"] = "true"
    world.annotate(**{"on-change": EVICT, "change-window": "1m"})
    return world


def started(world: World) -> Sidecar:
    """Its sidecar after a first sync."""
    side = world.sidecar()
    assert side.start() == 0
    world.lines()
    return side


def rotate(world: World, value: str = "pl4nted-two") -> None:
    """From now on AWS has another value."""
    world.provide(password=value)


def pass_time(world: World, side: Sidecar, seconds: float) -> None:
    """As `wait` does, without its syncs."""
    end = world.time.now + seconds
    while world.time.now < end:
        world.time.now += POLL
        if side._changes:
            side._changes.step()
