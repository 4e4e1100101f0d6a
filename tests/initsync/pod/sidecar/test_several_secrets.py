"""A pod that asks for several Secrets: its first sync and its cycles, in a cluster and an AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from initsync.pod.sidecar import pages
from initsync.testing.apiserver import EmbeddedApiServer
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World
from tests.initsync.pod.test_job import run


class Shelves(FakeAws):
    """Has a value by path, `pl4nted`; of the others it has none."""

    def __init__(self, aws: FakeAws) -> None:
        super().__init__()
        self.paths = {"/a", "/b"}
        self.versions = 0
        aws.answer = self.answer  # type: ignore[method-assign]  # instead of a script

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        path = json.loads(body)["SecretId"]
        self.asked.append((path, headers, body))
        if path in self.paths:
            text = json.dumps({"key": f"pl4nted-{path}-{self.versions}"})
            return 200, {}, json.dumps({"SecretString": text}).encode()
        answer = {"__type": "ResourceNotFoundException", "message": "told"}
        return 400, {}, json.dumps(answer).encode()


def asks(*paths: str) -> str:
    """An annotation of a Secret from each path."""
    return "secrets:\n" + "".join(
        f"- provider: aws-secretsmanager\n  path: {path}\n  secretName: s-{path[1:]}\n"
        for path in paths
    )


@pytest.fixture
def shelves(aws: FakeAws) -> Shelves:
    return Shelves(aws)


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, shelves: Shelves, tmp_path: Path) -> World:
    world = World(api, aws, tmp_path)
    world.annotate(**{"secret-sync": asks("/a", "/b")})
    return world


def handed(world: World) -> Any:
    return json.loads((world.root / "handover" / "keys.json").read_text())


def test_one_event_tells_of_all_and_the_waiter_gets_the_keys_of_each(
    world: World, shelves: Shelves
) -> None:
    side = world.sidecar()

    assert side.start() == 0

    assert world.values("s-a") == {"key": "pl4nted-/a-0"}
    assert world.values("s-b") == {"key": "pl4nted-/b-0"}
    said = "; ".join(
        f"Secret s-{name} created with 1 key from aws-secretsmanager /{name}" for name in "ab"
    )
    assert [event["message"] for event in world.events()] == [said]
    assert world.lines() == [said]
    assert handed(world) == {"s-a": ["key"], "s-b": ["key"]}
    assert sorted(path for path, _, _ in shelves.asked) == ["/a", "/b"]


def test_one_that_fails_is_told_last_and_ends_the_first_sync(
    world: World, shelves: Shelves
) -> None:
    shelves.paths = {"/b"}

    assert world.sidecar().start() == 4

    assert world.values("s-b") == {"key": "pl4nted-/b-0"}
    assert world.reasons() == ["SecretSynced", "ExternalSecretNotFound"]
    good, bad = world.lines()
    assert good.startswith("Secret s-b created with 1 key")
    assert bad.startswith("error: Secret s-a: aws-secretsmanager has no secret at path '/a'")
    assert handed(world) == {"s-b": ["key"]}


def test_a_pod_that_starts_anyway_has_those_that_went_well(world: World, shelves: Shelves) -> None:
    world.annotate(**{"on-failure": "continue"})
    shelves.paths = {"/b"}

    assert world.sidecar().start() == 0

    assert world.reasons() == ["SecretSynced", "ExternalSecretNotFound"]
    assert handed(world) == {"s-b": ["key"]}


def test_cycles_tell_each_secrets_failure_once_and_count_it(world: World, shelves: Shelves) -> None:
    side = world.sidecar()
    side.start()
    shelves.paths, shelves.versions = {"/b"}, 1

    world.cycle(side, times=3)

    assert world.reasons() == ["SecretSynced", "SecretSynced", "ExternalSecretNotFound"]
    assert world.events()[-1]["message"].endswith("; the pod goes on with the Secret as it is")
    assert world.values("s-a") == {"key": "pl4nted-/a-0"}
    assert world.values("s-b") == {"key": "pl4nted-/b-1"}
    page = pages.page("/metrics", side.cycles.figures, str)
    assert page
    counted = [
        line for line in page.body.decode().splitlines() if line.endswith((" 1", " 2", " 3"))
    ]
    assert [line.partition("{")[2] for line in counted if "syncs" in line] == [
        'outcome="created"} 2',
        'outcome="updated"} 1',
        'outcome="unchanged"} 2',
        'outcome="ExternalSecretNotFound"} 3',
    ]


def test_a_secret_that_is_asked_for_later_is_made(world: World, shelves: Shelves) -> None:
    world.annotate(**{"secret-sync": asks("/a")})
    side = world.sidecar()
    side.start()
    world.annotate(**{"secret-sync": asks("/a", "/b")})

    world.cycle(side)

    assert world.values("s-b") == {"key": "pl4nted-/b-0"}
    assert handed(world) == {"s-a": ["key"], "s-b": ["key"]}


LABELS = "provider: aws-secretsmanager\npath: /a\nsecretName: s-a\n{}"


def test_labels_and_annotations_go_when_the_annotation_drops_them(world: World) -> None:
    """By server-side apply: what others put on the Secret stays."""
    world.annotate(
        **{"secret-sync": LABELS.format("labels: {team: shop}\nannotations: {note: x}\n")}
    )
    side = world.sidecar()
    side.start()
    stored = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "s-a",
            "namespace": world.namespace,
            "labels": {"others": "stay"},
        },
    }
    world.api.apply(stored)
    before = world.api.get(stored)["metadata"]

    world.annotate(**{"secret-sync": LABELS.format("labels: {cost: '7'}\n")})
    world.cycle(side)
    changed = world.api.get(stored)["metadata"]
    world.annotate(**{"secret-sync": LABELS.format("")})
    world.cycle(side)
    plain = world.api.get(stored)["metadata"]

    own = "jasm.codnod.io/", "app.kubernetes.io/"
    shown = [
        {name: it for name, it in metadata["labels"].items() if not name.startswith(own)}
        for metadata in (before, changed, plain)
    ]
    assert shown == [
        {"team": "shop", "others": "stay"},
        {"cost": "7", "others": "stay"},
        {"others": "stay"},
    ]
    assert (before["annotations"]["note"], "note" in changed["annotations"]) == ("x", False)
    assert "jasm.codnod.io/shape" in changed["annotations"]
    assert "jasm.codnod.io/shape" not in plain["annotations"]


def test_an_init_container_does_the_same(world: World, shelves: Shelves) -> None:
    del world.env["JASM_MODE"]
    shelves.paths = {"/b"}

    code, line = run(world)

    assert code == 4
    assert line.startswith("error: Secret s-a: aws-secretsmanager has no secret at path '/a'")
    assert world.reasons() == ["SecretSynced", "ExternalSecretNotFound"]
