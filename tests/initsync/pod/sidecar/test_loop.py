"""`jasm-init` as a sidecar: what it does in each cycle, and what it tells of it."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initsync.pod import once
from initsync.pod.sidecar import loop
from initsync.sync.log import Log
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.words import keys
from initsync.words.errors import InvalidSetup
from initsync.words.rules import user_name
from initsync.words.times import timestamp
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import ANNOTATION, Ended, World

GOES_ON = "; the pod goes on with the Secret as it is"


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    return World(api, aws, tmp_path)


def run(world: World, interval: float | None = None) -> int:
    log = Log(world.log, lambda: world.time.now)
    return loop.run(world.env, log, world.time.clock, interval)


class TestTheFirstSync:
    def test_it_is_told_as_an_init_containers_and_leaves_the_mark(self, world: World) -> None:
        world.time.then = [world.time.end]

        with pytest.raises(Ended):
            run(world)

        assert world.values() == {"password": "pl4nted-one"}
        assert world.reasons() == ["SecretSynced"]
        assert world.lines() == ["Secret db created with 1 key from aws-secretsmanager /prod/db"]
        assert world.ready()
        handed = (world.root / "handover" / "keys.json").read_text()
        assert json.loads(handed) == {"db": ["password"]}

    def test_one_that_fails_ends_the_process_without_a_mark(self, world: World) -> None:
        world.break_aws("ResourceNotFoundException", 400)

        assert run(world) == 4

        assert world.reasons() == ["ExternalSecretNotFound"]
        assert world.lines()[-1].startswith("error: aws-secretsmanager has no secret at path")
        assert not world.ready()

    def test_one_that_fails_starts_the_pod_anyway_where_it_says_so(self, world: World) -> None:
        world.annotate(**{"on-failure": "continue"})
        world.break_aws("ResourceNotFoundException", 400)
        world.time.then = [world.time.end]

        with pytest.raises(Ended):
            run(world)

        assert world.ready()
        assert world.lines()[-1].endswith(
            "the pod starts anyway (jasm.codnod.io/on-failure: continue)"
        )

    def test_a_pod_without_annotation_that_starts_anyway_may_get_one(self, world: World) -> None:
        world.annotate(**{"secret-sync": "", "on-failure": "continue"})
        asked = {"secret-sync": ANNOTATION.format(name="db")}
        handed = world.root / "handover" / "keys.json"
        world.time.then = [
            lambda: world.annotate(**asked) if handed.read_text() == "{}" else None,
            world.time.end,
        ]

        with pytest.raises(Ended):
            run(world)

        first, *later = world.lines()
        assert "has no text" in first
        assert [line.partition(";")[0] for line in later] == [
            "Secret db created with 1 key from aws-secretsmanager /prod/db"
        ]

    def test_without_a_place_for_the_mark_there_is_none(self, world: World) -> None:
        del world.env["JASM_HANDOVER_DIR"]
        world.time.then = [world.time.end]

        with pytest.raises(Ended):
            run(world)

    def test_a_place_that_cannot_be_written_is_told(self, world: World) -> None:
        (world.root / "handover" / keys.READY_FILE).symlink_to("/none/ready")

        with pytest.raises(InvalidSetup, match=r"cannot write .*: mount an emptyDir"):
            run(world)

    def test_after_a_restart_in_a_running_pod_a_failure_ends_nothing(self, world: World) -> None:
        (world.root / "handover" / keys.READY_FILE).write_text(world.files["uid"])
        world.break_aws("AccessDeniedException", 400)
        world.time.then = [world.time.end]

        with pytest.raises(Ended):
            run(world)

        assert world.ready()
        assert world.reasons() == ["ExternalSecretAccessDenied"]

    @pytest.mark.parametrize("left", ["", "5f2e1c09-6a1d-4f0e-8d57-2f1d3b0c9a44", "\ud800"])
    def test_a_file_that_a_restore_brought_back_skips_no_sync(
        self, world: World, left: str
    ) -> None:
        """As Velero's, of a volume's files into a new pod."""
        file = world.root / "handover" / keys.READY_FILE
        file.write_bytes(left.encode("utf-8", "surrogatepass"))
        world.break_aws("AccessDeniedException", 400)

        assert run(world) == 4

        assert not world.ready()

    def test_behind_the_first_sync_the_file_is_the_pods_own(self, world: World) -> None:
        file = world.root / "handover" / keys.READY_FILE
        file.write_text("another")
        world.time.then = [world.time.end]

        with pytest.raises(Ended):
            run(world)

        assert file.read_text() == world.files["uid"]


class TestLaterCycles:
    def test_an_unchanged_value_is_told_nobody(self, world: World) -> None:
        side = world.sidecar()
        side.start()
        world.lines()

        world.cycle(side, 3)

        assert (world.reasons(), world.lines()) == (["SecretSynced"], [])
        assert side.cycles.figures.syncs["unchanged"] == 3

    def test_a_rotated_value_is_written_and_told(self, world: World) -> None:
        side = world.sidecar()
        side.start()
        world.provide(password="pl4nted-two")

        world.cycle(side)

        assert world.values() == {"password": "pl4nted-two"}
        assert world.events()[-1]["message"].startswith("Secret db updated with 1 key")

    def test_all_is_read_anew(self, world: World) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del world.env[name]
        identity = world.root / "aws-token"
        world.env |= {"AWS_ROLE_ARN": "arn:aws:iam::1:role/app"}
        world.env["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(identity)
        world.aws.will_assume(timestamp(time.time() + 30))  # too short a life to be kept
        identity.write_text("first")
        side = world.sidecar()
        side.start()
        ca = world.root / "account" / "ca.crt"
        ca.write_text("")

        identity.write_text("second")
        world.cycle(side)
        ca.write_text(Path(world.api.ca_file).read_text())
        world.write_token("rotated-and-wrong")
        world.cycle(side)

        sent = [body for action, _, body in world.aws.asked if action.startswith("Assume")]
        assert b"WebIdentityToken=first" in sent[0]
        said = " ".join(world.lines())
        assert "cannot use the CA file" in said
        assert "Unauthorized" in said
        world.write_token(world.api.create_token(world.namespace, "default"))
        world.cycle(side)
        sent = [body for action, _, body in world.aws.asked if action.startswith("Assume")]
        assert b"WebIdentityToken=second" in sent[-1]

    def test_a_new_secret_name_is_written_too_and_the_old_one_stays(self, world: World) -> None:
        side = world.sidecar()
        side.start()

        world.annotate(**{"secret-sync": ANNOTATION.format(name="other")})
        world.cycle(side)

        assert world.values("other") == world.values("db") == {"password": "pl4nted-one"}

    def test_connections_end_with_their_cycle(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced = []
        real = once.sync

        def watched(*given: object, **more: bool) -> once.Synced:
            synced.append(real(*given, **more))  # type: ignore[arg-type]
            return synced[-1]

        monkeypatch.setattr(once, "sync", watched)

        world.sidecar().cycle()

        (one,) = synced
        assert one.place
        assert len(one.place.network.connections) == 2
        assert all(each._socket is None for each in one.place.network.connections)


class TestFailures:
    def test_one_that_lasts_is_told_once_and_its_end_too(self, world: World) -> None:
        side = world.sidecar()
        side.start()
        world.lines()
        world.break_aws("AccessDeniedException", 400)

        world.cycle(side, 5)
        warned = world.lines()
        world.provide(password="pl4nted-one")
        world.cycle(side)

        _, failure, recovery = world.events()
        assert (failure["type"], failure["reason"]) == ("Warning", "ExternalSecretAccessDenied")
        assert failure["message"].endswith(GOES_ON)
        assert (len(warned), warned[0][:9]) == (1, "warning: ")
        assert (recovery["type"], recovery["reason"]) == ("Normal", "SecretSynced")
        since = "2027-01-15T08:05:00Z"
        assert recovery["message"].endswith(f"it had failed 5 times since {since}")
        assert world.values() == {"password": "pl4nted-one"}

    def test_another_reason_is_told_again(self, world: World) -> None:
        side = world.sidecar()
        side.start()

        world.break_aws()
        world.cycle(side, 2)
        world.break_aws("ResourceNotFoundException", 400)
        world.cycle(side, 2)

        assert world.reasons() == ["SecretSynced", "StaleSecret", "ExternalSecretNotFound"]

    def test_after_an_hour_it_is_told_anew_with_how_often_and_since_when(
        self, world: World
    ) -> None:
        side = world.sidecar()
        side.start()
        world.break_aws("AccessDeniedException", 400)

        world.cycle(side, 13)

        _, first, second = world.events()
        assert (first["count"], second["count"]) == (1, 13)
        assert second["firstTimestamp"] == first["firstTimestamp"] == "2027-01-15T08:05:00Z"
        assert second["lastTimestamp"] >= first["lastTimestamp"]

    def test_an_edit_that_is_invalid_keeps_the_secret_and_the_interval(self, world: World) -> None:
        world.annotate(**{"refresh-interval": "1h"})
        side = world.sidecar()
        side.start()

        world.annotate(**{"secret-sync": "provider: vault", "refresh-interval": "1s"})
        world.cycle(side)
        side.wait()

        assert world.reasons()[-1] == "InvalidAnnotation"
        assert sum(world.time.slept) == pytest.approx(3600)
        assert world.values() == {"password": "pl4nted-one"}

    def test_an_annotation_that_goes_ends_the_failure(self, world: World) -> None:
        side = world.sidecar()
        side.start()
        world.annotate(**{"secret-sync": "provider: vault"})
        world.cycle(side)
        world.lines()

        world.annotate(**{"secret-sync": ""})
        world.cycle(side, 3)

        assert world.lines() == [loop.NOTHING_TO_DO]
        assert not side.cycles.figures.failing

    def test_a_pod_that_started_anyway_is_not_said_to_start_later(self, world: World) -> None:
        world.annotate(**{"on-failure": "continue"})
        side = world.sidecar()
        side.start()
        world.break_aws("AccessDeniedException", 400)

        world.cycle(side)

        assert world.events()[-1]["message"].endswith(GOES_ON)
        assert "anyway" not in world.events()[-1]["message"]

    def test_tries_within_a_cycle_are_for_who_looks_for_a_fault(self, world: World) -> None:
        side = world.sidecar()
        side.start()
        world.lines()
        world.break_aws()
        world.env["JASM_TIMEOUT"] = "1"

        world.cycle(side)

        assert len(world.lines()) == 1

    @pytest.mark.parametrize("broken", ["podinfo", "account"])
    def test_files_that_are_gone_for_a_while_end_nothing(self, world: World, broken: str) -> None:
        side = world.sidecar()
        side.start()
        away = world.root / "away"
        (world.root / broken).rename(away)
        world.lines()

        world.cycle(side, 2)
        said = world.lines()
        away.rename(world.root / broken)
        world.cycle(side)

        assert "cannot" in said[-1]
        assert world.events()[-1]["message"].startswith("Secret db is up to date")

    def test_a_bug_ends_nothing_and_is_told_by_its_place(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("pl4nted-value")

        side = world.sidecar()
        side.start()
        world.lines()
        monkeypatch.setattr(once, "sync", broken)

        world.cycle(side, 2)

        (said,) = world.lines()
        assert said.startswith("warning: internal error (RuntimeError in")

    def test_a_cluster_that_refuses_events_ends_nothing(self, world: World) -> None:
        side = world.sidecar()
        side.start()
        world.write_token("wrong")
        world.lines()

        world.cycle(side, 3)

        first, second = world.lines()
        assert first.startswith("warning: no Event on the pod")
        assert second.startswith("warning: cannot get Secret")
        assert side.cycles.figures.syncs["KubernetesError"] == 3


class TestWaiting:
    def test_it_looks_at_the_annotations_every_five_seconds(self, world: World) -> None:
        side = world.sidecar()
        side.start()

        side.wait()

        assert sum(world.time.slept) == pytest.approx(300)
        assert max(world.time.slept) == 5.0

    def test_an_edit_ends_it(self, world: World) -> None:
        side = world.sidecar()
        side.start()
        edited = {"refresh-interval": "12s"}
        world.time.then = [lambda: None, lambda: world.annotate(**edited)]

        side.wait()
        took = list(world.time.slept)
        side.cycle()
        side.wait()

        assert took == [5.0, 5.0]
        assert sum(world.time.slept[2:]) == pytest.approx(12)

    def test_an_edit_during_a_cycle_is_not_missed(self, world: World) -> None:
        side = world.sidecar()
        side.start()
        world.annotate(**{"max-age": "1h"})

        side.wait()

        assert world.time.slept == [5.0]

    def test_files_without_the_kubelets_link_are_followed_too(self, world: World) -> None:
        plain = world.root / "plain"
        plain.mkdir()
        for name, text in world.files.items():
            (plain / name).write_text(text)
        world.env["JASM_PODINFO_DIR"] = str(plain)
        side = world.sidecar()
        side.start()
        world.time.then = [lambda: None, lambda: (plain / "max-age").write_text("5m")]

        side.wait()

        assert world.time.slept == [5.0, 5.0]

    @given(st.floats(10, 1e9), st.floats(0, 1, exclude_max=True))
    def test_the_pause_is_the_interval_give_or_take_a_tenth(
        self, interval: float, uniform: float
    ) -> None:
        pause = loop.pause(interval, uniform)

        assert 0.9 * interval <= pause <= 1.1 * interval


class TestHealth:
    def test_a_loop_that_goes_round_is_alive_whatever_aws_does(self, world: World) -> None:
        side = world.sidecar()
        side.start()
        world.break_aws()

        for _ in range(3):
            side.cycle()
            assert side.stuck() == ""
            side.wait()
            assert side.stuck() == ""

    def test_one_that_does_not_is_told_in_a_sentence(self, world: World) -> None:
        world.env["JASM_TIMEOUT"] = "20"
        side = world.sidecar()
        side.start()

        world.time.now += 1.1 * 300 + 20 + 30
        alive = side.stuck()
        world.time.now += 1

        assert alive == ""
        assert side.stuck() == "the last sync began 381 s ago, and 380 s are allowed"

    def test_a_timeout_that_is_none_is_the_syncs_to_tell(self, world: World) -> None:
        world.env["JASM_TIMEOUT"] = "soon"

        assert world.sidecar().stuck() == ""


def test_a_cycle_that_changes_nothing_costs_the_cluster_one_request(world: World) -> None:
    side = world.sidecar()
    user = user_name(world.namespace, "default")
    side.start()
    before = world.api.calls(user)

    world.cycle(side, 3)

    assert world.api.calls(user) - before == {("get", "secrets"): 3}
