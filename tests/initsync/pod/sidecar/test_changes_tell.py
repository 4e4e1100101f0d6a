"""When and how often a sidecar tells its app of a change by `on-change`, by POST or by signal."""

import json
from pathlib import Path

import pytest

from initsync.pod.sidecar import post, signals
from initsync.pod.sidecar.loop import POLL
from initsync.pod.sidecar.shown import LONGEST
from initsync.pod.sidecar.step import Step
from initsync.testing.apiserver import EmbeddedApiServer
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.changes_side import HOUR, evictable, pass_time, rotate, started
from tests.initsync.pod.sidecar_world import World

HTTP = "http://localhost:8080/-/reload"


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    return evictable(api, aws, tmp_path)


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
