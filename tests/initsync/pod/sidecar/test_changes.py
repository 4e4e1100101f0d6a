"""What a sidecar does where its pod asks for it by `on-change`, and what is no reason to do it.

How the API server answers is for tests/cluster/test_on_change.py.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from initsync.kube.cluster import Cluster
from initsync.pod import job
from initsync.pod.sidecar import loop, post, signals
from initsync.pod.sidecar.contents import FILE
from initsync.pod.sidecar.loop import POLL, Sidecar
from initsync.pod.sidecar.metrics import page
from initsync.pod.sidecar.shown import LONGEST
from initsync.pod.sidecar.step import Step
from initsync.sync.log import Log
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words.errors import ClusterForbidden, ClusterUnavailable, JasmError
from initsync.words.model import PodRef
from tests.full import times
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import ANNOTATION, Ended, World

BUDGET = ClusterUnavailable("evict", "it would violate the pod's disruption budget. (429)", 20)
EVICT, HTTP = "evict", "http://localhost:8080/-/reload"
HOUR = 3600.0
CYCLES = times("FLAPPING", 100, 20)


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


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    world = World(api, aws, tmp_path)
    world.env["JASM_CONTROLLED"] = "true"
    world.annotate(**{"on-change": EVICT, "change-window": "1m"})
    return world


@pytest.fixture
def evictions(world: World, monkeypatch: pytest.MonkeyPatch) -> Evictions:
    found = Evictions(world)
    monkeypatch.setattr(Cluster, "evict", lambda *asked: found(*asked))
    return found


def started(world: World) -> Sidecar:
    side = world.sidecar()
    assert side.start() == 0
    world.lines()
    return side


def rotate(world: World, value: str = "pl4nted-two") -> None:
    world.provide(password=value)


def pass_time(world: World, side: Sidecar, seconds: float) -> None:
    """As `wait` does, without its syncs."""
    end = world.time.now + seconds
    while world.time.now < end:
        world.time.now += POLL
        if side._changes:
            side._changes.step()


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


class TestTelling:
    """By a POST; a signal goes the same way."""

    @pytest.fixture
    def posts(self, world: World, monkeypatch: pytest.MonkeyPatch) -> list[Step]:
        """What is answered, one after the other, and at last all is good."""
        answers: list[Step] = []
        good = Step("answered", f"POST {HTTP} was answered with 204", True)
        self.asked: list[float] = []

        def send(*_: object) -> Step:
            self.asked.append(world.time.now)
            return answers.pop(0) if answers else good

        monkeypatch.setattr(post, "send", send)
        world.annotate(**{"on-change": HTTP})
        return answers

    def show(self, world: World, value: str) -> None:
        """As the kubelet does in a volume."""
        directory = world.root / "volume"
        directory.mkdir(exist_ok=True)
        (directory / "password").write_text(value)
        wish = {"items": None, "optional": False}
        world.env |= {"JASM_WAIT_0": str(directory), "JASM_WAIT_0_OF": json.dumps(wish)}

    def test_it_is_told_when_the_volume_shows_the_value_and_once(
        self, world: World, posts: list[Step]
    ) -> None:
        self.show(world, "pl4nted-one")
        side = started(world)
        rotate(world)
        world.cycle(side)
        pass_time(world, side, 60)
        assert self.asked == []

        self.show(world, "pl4nted-two")
        pass_time(world, side, HOUR)
        world.cycle(side, 2)
        later = world.sidecar()
        world.cycle(later, 2)
        pass_time(world, later, HOUR)

        assert len(self.asked) == 1
        assert world.reasons()[2:] == ["AppTold"]
        assert world.events()[2]["message"].endswith(f"POST {HTTP} was answered with 204")

    def test_a_refusal_is_tried_three_times_and_told(self, world: World, posts: list[Step]) -> None:
        side = started(world)
        rotate(world)
        world.cycle(side)
        posts += [Step("failed", f"POST {HTTP} was answered with 500")] * 9

        pass_time(world, side, HOUR)
        world.cycle(side, 2)

        assert len(self.asked) == 3
        assert world.reasons()[2:] == ["AppOutdated"]
        assert world.events()[2]["type"] == "Warning"
        assert side.cycles.figures.changes == {"failed": 3}
        assert side.cycles.figures.outdated

    def test_an_app_is_up_to_date_again_once_the_value_is_back_that_it_has(
        self, world: World, posts: list[Step]
    ) -> None:
        self.show(world, "pl4nted-one")
        side = started(world)
        side.cycles.outdated(True)
        rotate(world)
        world.cycle(side)
        assert side.cycles.figures.outdated

        rotate(world, "pl4nted-one")
        world.cycle(side)

        assert not side.cycles.figures.outdated

    def test_a_newer_value_is_told_anew_whatever_came_of_the_one_before(
        self, world: World, posts: list[Step]
    ) -> None:
        side = started(world)
        rotate(world)
        world.cycle(side)
        posts += [Step("failed", f"POST {HTTP} was answered with 500")]
        pass_time(world, side, POLL)
        rotate(world, "pl4nted-three")
        world.cycle(side)

        pass_time(world, side, HOUR)

        assert len(self.asked) == 2
        assert world.reasons()[-1] == "AppTold"

    def test_a_volume_that_never_shows_it_is_told_in_the_end(
        self, world: World, posts: list[Step]
    ) -> None:
        self.show(world, "pl4nted-one")
        side = started(world)
        rotate(world)
        world.cycle(side)
        seen = world.time.now

        pass_time(world, side, HOUR)

        assert self.asked == []
        assert world.reasons()[2:] == ["AppOutdated"]
        assert "has not shown it within 5m" in world.events()[2]["message"]
        assert side.cycles.figures.last_sync <= seen
        assert side.cycles.figures.changes == {"unseen": 1}

    def test_a_volume_that_is_not_ours_to_read_has_the_kubelets_time(
        self, world: World, posts: list[Step], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.show(world, "pl4nted-one")
        monkeypatch.setattr("initsync.pod.sidecar.shown.shows", lambda *_: None)
        side = started(world)
        rotate(world)
        world.cycle(side)
        seen = world.time.now

        pass_time(world, side, HOUR)

        assert [at - seen for at in self.asked] == [LONGEST]

    def test_a_bug_stops_no_sync(
        self, world: World, posts: list[Step], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        side = started(world)
        monkeypatch.setattr(post, "send", lambda *_: 1 / 0)
        rotate(world)
        world.cycle(side)

        pass_time(world, side, 700)
        world.cycle(side)

        assert side.cycles.figures.syncs["unchanged"] == 1
        assert "ZeroDivisionError" in world.events()[-1]["message"]

    def test_a_signal_goes_the_same_way(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.annotate(**{"on-change": "signal:HUP:nginx"})
        monkeypatch.setattr(signals, "send", lambda _: Step("signalled", "HUP was sent", True))
        side = started(world)
        rotate(world)
        world.cycle(side)

        pass_time(world, side, 60)

        assert world.reasons()[2:] == ["AppTold"]
