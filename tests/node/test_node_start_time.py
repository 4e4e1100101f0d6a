"""What JASM adds to a pod's start: from creation to the app, beside the same pod without JASM.

TIMED is how many starts each kind takes, 3 by default: enough to see that it works, and 20 for
figures to quote (docs/pod-start.json).
"""

import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from initsync import keys
from initsync.model import JsonObject
from tests.node.conftest import FIGURES
from tests.node.node import Node
from tests.node.team import Team
from tests.node.test_node_env import ENV_FROM, MOUNTED, secret
from tests.node.timeline import Timeline

STARTS = int(os.environ.get("TIMED", "3"))
NOW = {"command": ["date", "+%s.%N"]}
SLOW = {"resources": {"limits": {"cpu": "100m", "memory": "64Mi"}}}
FAST = {"resources": {"limits": {"cpu": "1", "memory": "64Mi"}}}
OUT = {keys.INJECT: "false"}
Create = Callable[[Team, str], JsonObject]


def empty(count: int, resources: dict[str, Any]) -> Create:
    """Not injected, with so many init containers of our image that do nothing."""

    def create(team: Team, name: str) -> JsonObject:
        idle = {"image": "jasm/init:0.1.0", "command": ["true"], **resources}
        init = [{"name": f"empty-{number}", **idle} for number in range(count)]
        return team.pod(name, NOW | ENV_FROM | resources, OUT, initContainers=init)

    return create


def injected_env(resources: dict[str, Any]) -> Create:
    return lambda team, name: team.pod(name, NOW | ENV_FROM | resources)


def injected_volume(team: Team, name: str) -> JsonObject:
    return team.pod(name, NOW | MOUNTED | FAST, **secret())


def sidecar(team: Team, name: str) -> JsonObject:
    return team.pod(name, NOW | ENV_FROM | FAST, {keys.MODE: "sidecar"})


KINDS: dict[str, Create] = {
    "no init container": empty(0, FAST),
    "one empty": empty(1, FAST),
    "jasm-init": injected_env(FAST),
    "two empty": empty(2, FAST),
    "jasm-init and jasm-wait": injected_volume,
    "sidecar": sidecar,
    "one empty at 100m": empty(1, SLOW),
    "jasm-init at 100m": injected_env(SLOW),
}


@pytest.fixture
def timeline(node: Node, tmp_path: Path) -> Iterator[Timeline]:
    started = Timeline(node.programs["ctr"], tmp_path / "events.log")
    yield started
    started.close()


@pytest.mark.timeout(1800)
def test_a_start_costs_little_more_than_an_empty_init_container(
    team: Team, timeline: Timeline
) -> None:
    """In turn, so that the machine's moods hit all kinds."""
    team.pod("first", NOW | ENV_FROM)
    team.await_phase("first", "Succeeded")
    starts: dict[str, list[float]] = defaultdict(list)
    runs: dict[str, list[float]] = defaultdict(list)
    for number in range(STARTS):
        for kind, create in KINDS.items():
            name = f"{kind.replace(' ', '-')}-{number}"
            begun = time.time()
            create(team, name)
            team.await_phase(name, "Succeeded")
            starts[kind].append(float(team.log(name)) - begun)
            if kind.startswith("jasm-init"):
                runs[kind].append(timeline.seconds(container(team, name)))
    median = {kind: statistics.median(seconds) for kind, seconds in starts.items()}
    FIGURES.append(f"from creation to the app, medians of {STARTS} starts each:")
    FIGURES.extend(f"  {kind}: {seconds:.2f} s" for kind, seconds in median.items())
    FIGURES.append("the container's process, from start to exit:")
    FIGURES.extend(
        f"  {kind}: {statistics.median(seconds):.2f} s" for kind, seconds in runs.items()
    )
    if file := os.environ.get("FIGURES"):
        Path(file).write_text(json.dumps({"starts": starts, "processes": runs}))

    # Bars with room for a busy machine; the figures are what counts.
    assert median["jasm-init"] - median["one empty"] < 1.0
    assert median["jasm-init and jasm-wait"] - median["two empty"] < 1.5
    assert median["jasm-init at 100m"] - median["one empty at 100m"] < 3.0


def container(team: Team, name: str) -> str:
    """The ID of jasm-init's."""
    statuses = team.status(name)["initContainerStatuses"]
    (found,) = [it["containerID"] for it in statuses if it["name"] == keys.CONTAINER]
    return str(found).rpartition("/")[2]
