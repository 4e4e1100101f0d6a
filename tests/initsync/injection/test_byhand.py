"""What is written by hand is what is injected, but for the mark of who did it."""

import copy
from typing import Any

import jsonpatch
import pytest
import yaml

from initsync.injection.byhand import by_hand
from initsync.injection.patch import inject
from initsync.words import keys
from tests.golden.settings import DEFAULT, settings_of
from tests.places import GOLDEN

CASES = sorted(file.name.removesuffix(".pod.yaml") for file in GOLDEN.glob("*.pod.yaml"))
OPT_OUT = {keys.INJECT: "false"}


def load(name: str) -> Any:
    return yaml.safe_load((GOLDEN / name).read_text())


def annotated(pod: Any, said: dict[str, str]) -> Any:
    """The pod, with these in place of who injected it."""
    metadata = dict(pod["metadata"])
    kept = {name: it for name, it in metadata["annotations"].items() if name != keys.INJECTED}
    return pod | {"metadata": metadata | {"annotations": kept | said}}


INJECTED = [case for case in CASES if not load(f"{case}.expected.yaml")["skipped"]]


@pytest.mark.parametrize("case", INJECTED)
def test_every_golden_pod_gets_by_hand_what_the_injector_gives_it(case: str) -> None:
    pod, expected = load(f"{case}.pod.yaml"), load(f"{case}.expected.yaml")
    before = copy.deepcopy(pod)

    done = by_hand(pod, settings_of(case))

    written = jsonpatch.apply_patch(pod, done.operations)
    assert written == annotated(expected["pod"], OPT_OUT)
    # What opts out of injection is replaced: nothing about it needs to be told.
    said = [it for it in expected["warnings"] if keys.INJECT not in it]
    assert done.warnings == said
    assert pod == before


@pytest.mark.parametrize("part", ["annotations", "labels"])
def test_a_pod_that_opts_out_gets_the_same_and_still_does(part: str) -> None:
    pod = load("no-volumes-no-init-containers.pod.yaml")
    out = copy.deepcopy(pod)
    out["metadata"].setdefault(part, {})[keys.INJECT] = "false"

    written = jsonpatch.apply_patch(out, by_hand(out, DEFAULT).operations)

    assert written["spec"] == jsonpatch.apply_patch(pod, by_hand(pod, DEFAULT).operations)["spec"]
    assert written["metadata"][part][keys.INJECT] == "false"
    assert inject(written, "shop", DEFAULT).operations == []


def test_containers_come_before_volumes() -> None:
    done = by_hand(load("no-volumes-no-init-containers.pod.yaml"), DEFAULT)

    assert [it["path"].split("/")[2] for it in done.operations[:2]] == ["initContainers", "volumes"]


@pytest.mark.parametrize("case", INJECTED)
def test_written_twice_is_written_once(case: str) -> None:
    pod = load(f"{case}.pod.yaml")
    written = jsonpatch.apply_patch(pod, by_hand(pod, settings_of(case)).operations)

    assert by_hand(written, settings_of(case)).operations == []
