"""How a sidecar asks for its pod's eviction by `on-change: evict`, and what it makes of an answer,
of which the API server's own are for tests/cluster/test_on_change.py.
"""

from pathlib import Path

import pytest

from initsync.pod.sidecar.metrics import page
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words.errors import ClusterForbidden, ClusterUnavailable
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.changes_side import (
    HOUR,
    Evictions,
    evictable,
    evictions_of,
    pass_time,
    rotate,
    started,
)
from tests.initsync.pod.sidecar_world import World


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    return evictable(api, aws, tmp_path)


@pytest.fixture
def evictions(world: World, monkeypatch: pytest.MonkeyPatch) -> Evictions:
    return evictions_of(world, monkeypatch)


BUDGET = ClusterUnavailable("evict", "it would violate the pod's disruption budget. (429)", 20)


class TestEvict:
    def test_a_rotated_value_evicts_once_within_the_window(
        self, world: World, evictions: Evictions
    ) -> None:
        side = started(world)
        rotate(world)
        world.cycle(side)
        seen = world.time.now
        pass_time(world, side, 25)
        assert evictions.at == []

        pass_time(world, side, HOUR)
        world.cycle(side, 3)
        pass_time(world, side, HOUR)

        assert [at - seen for at in evictions.at] == [30]
        assert world.reasons() == ["SecretSynced", "SecretSynced", "PodEvicted"]
        told = world.events()[-1]
        assert (told["type"], told["message"]) == (
            "Normal",
            "Secret db changed: the pod was evicted, so that another starts with it",
        )
        assert b'jasm_changes_total{outcome="evicted"} 1\n' in page(side.cycles.figures, None)

    def test_a_value_that_another_replica_wrote_counts_the_same(
        self, world: World, evictions: Evictions
    ) -> None:
        side, other = started(world), world.sidecar()
        rotate(world)
        other.start()

        world.cycle(side)
        pass_time(world, side, 60)

        assert side.cycles.figures.syncs["unchanged"] == 1
        assert len(evictions.at) == 1

    def test_a_used_up_budget_is_asked_again_as_late_as_it_wishes_and_told_after_a_while(
        self, world: World, evictions: Evictions
    ) -> None:
        side = started(world)
        rotate(world)
        world.cycle(side)
        evictions.answers = [BUDGET] * 60

        pass_time(world, side, 500)
        assert not side.cycles.figures.outdated
        pass_time(world, side, 200)
        assert side.cycles.figures.outdated
        world.cycle(side)
        assert side.cycles.figures.outdated
        pass_time(world, side, HOUR - 700)

        gaps = [later - at for at, later in zip(evictions.at, evictions.at[1:], strict=False)]
        assert len(evictions.at) == 61
        assert min(gaps) >= 25
        assert world.reasons()[2:] == ["AppOutdated", "PodEvicted"]
        assert "disruption budget. (429)" in world.events()[2]["message"]
        assert side.cycles.figures.changes == {"budget": 60, "evicted": 1}
        assert not side.cycles.figures.outdated

    def test_no_right_is_told_once_and_asked_for_slowly(
        self, world: World, evictions: Evictions
    ) -> None:
        side = started(world)
        rotate(world)
        world.cycle(side)
        evictions.answers = [ClusterForbidden("evict Pod", "no (403)", "give create")] * 3

        pass_time(world, side, HOUR)

        assert len(evictions.at) == 4
        assert world.reasons()[2:] == ["AppOutdated", "PodEvicted"]
        assert "give create; it is tried again" in world.events()[2]["message"]

    def test_a_pod_that_is_gone_is_not_asked_for_again(
        self, world: World, evictions: Evictions
    ) -> None:
        side = started(world)
        rotate(world)
        world.cycle(side)
        evictions.answers = [False]

        pass_time(world, side, HOUR)

        assert len(evictions.at) == 1
        assert world.reasons() == ["SecretSynced", "SecretSynced"]

    def test_a_value_that_comes_back_meanwhile_needs_no_eviction(
        self, world: World, evictions: Evictions
    ) -> None:
        side = started(world)
        rotate(world)
        world.cycle(side, minutes=0)
        rotate(world, "pl4nted-one")
        world.cycle(side, minutes=0)

        pass_time(world, side, HOUR)

        assert evictions.at == []

    def test_under_max_age_the_provider_is_asked_before_it_counts(
        self, world: World, evictions: Evictions
    ) -> None:
        world.annotate(**{"max-age": "10m"})
        side, other = started(world), world.sidecar()
        rotate(world)
        world.annotate(**{"max-age": ""})
        other.start()
        world.annotate(**{"max-age": "10m"})

        world.cycle(side, minutes=0)
        pass_time(world, side, 90)
        assert evictions.at == []
        assert side.cycles.figures.syncs["recent"] == 1

        world.cycle(side, minutes=1)
        pass_time(world, side, 90)
        assert len(evictions.at) == 1
