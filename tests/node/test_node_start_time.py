"""What JASM adds to a pod's start: from creation to the app, beside the same pod without JASM.

TIMED is how many starts each kind takes, 1 by default and 3 with FULL=1: enough to see that it
works, and 20 for figures to quote and to be judged by the project's bars. FIGURES is a file to put
them into.
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

from initsync import __version__
from initsync.testing.controlplane.binaries import VERSION
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.chart.helm import REGISTRY
from tests.full import times
from tests.node.conftest import FIGURES
from tests.node.images import SUITE
from tests.node.node import Node
from tests.node.team import Team
from tests.node.test_node_env import ENV_FROM, MOUNTED, secret
from tests.node.timeline import Timeline
from tests.pod_start_page import EMPTY, EMPTY_SLOW, JASM, JASM_SLOW, NONE, SIDECAR, TWO, WAIT

STARTS = times("TIMED", full=3, usual=1)
QUOTED = STARTS >= 20
RELIST = 1.0  # seconds between two looks of the kubelet at what has ended
UNSURE = 0.0 if QUOTED else 2 * RELIST
"""Few starts on a busy machine show that it works: each may just miss a look, or two."""
NOW = {"command": ["date", "+%s.%N"]}
SLOW = {"resources": {"limits": {"cpu": "100m", "memory": "64Mi"}}}
FAST = {"resources": {"limits": {"cpu": "1", "memory": "64Mi"}}}
OUT = {keys.INJECT: "false"}
Create = Callable[[Team, str], JsonObject]


def empty(count: int, resources: dict[str, Any], security: JsonObject) -> Create:
    """Not injected, with so many init containers of our image that do nothing.

    They have our own's security context: runc alone takes 20 ms of CPU for a seccomp profile.
    """

    def create(team: Team, name: str) -> JsonObject:
        same = {"image": f"{REGISTRY}/jasm/init:{__version__}", "securityContext": security}
        idle = same | {"command": ["true"]} | resources
        init = [{"name": f"empty-{number}", **idle} for number in range(count)]
        return team.pod(name, NOW | ENV_FROM | resources, OUT, initContainers=init)

    return create


def injected_env(resources: dict[str, Any]) -> Create:
    return lambda team, name: team.pod(name, NOW | ENV_FROM | resources)


def injected_volume(team: Team, name: str) -> JsonObject:
    return team.pod(name, NOW | MOUNTED | FAST, **secret())


def sidecar(team: Team, name: str) -> JsonObject:
    return team.pod(name, NOW | ENV_FROM | FAST, {keys.MODE: "sidecar"})


def kinds(security: JsonObject) -> dict[str, Create]:
    return {
        NONE: empty(0, FAST, security),
        EMPTY: empty(1, FAST, security),
        JASM: injected_env(FAST),
        TWO: empty(2, FAST, security),
        WAIT: injected_volume,
        SIDECAR: sidecar,
        EMPTY_SLOW: empty(1, SLOW, security),
        JASM_SLOW: injected_env(SLOW),
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
    first = team.pod("first", NOW | ENV_FROM)
    every = kinds(first["spec"]["initContainers"][0]["securityContext"])
    team.await_phase("first", "Succeeded")
    starts: dict[str, list[float]] = defaultdict(list)
    runs: dict[str, list[float]] = defaultdict(list)
    for number in range(STARTS):
        for kind, create in every.items():
            name = f"{kind.replace(' ', '-')}-{number}"
            # Spread evenly between two looks of the kubelet: the pod before ended at such a look,
            # and a median would say as much about the time from one to the next.
            time.sleep(RELIST * number / STARTS)
            begun = time.time()
            create(team, name)
            team.await_phase(name, "Succeeded")
            starts[kind].append(round(float(team.log(name)) - begun, 3))
            if kind in (JASM, WAIT, JASM_SLOW):
                runs[kind].append(round(timeline.seconds(container(team, name)), 3))
    median = {kind: statistics.median(seconds) for kind, seconds in starts.items()}
    FIGURES.append(f"from creation to the app, medians of {STARTS} starts each:")
    FIGURES.extend(f"  {kind}: {seconds:.2f} s" for kind, seconds in median.items())
    FIGURES.append("the container's process, from start to exit:")
    FIGURES.extend(
        f"  {kind}: {statistics.median(seconds):.2f} s" for kind, seconds in runs.items()
    )
    if file := os.environ.get("FIGURES"):
        found = {"machine": machine(), "starts": starts, "processes": runs}
        Path(file).write_text(json.dumps(found, indent=1) + "\n")

    assert median[JASM] - median[EMPTY] < 0.15 + UNSURE
    assert median[WAIT] - median[TWO] < 0.3 + UNSURE
    assert median[JASM_SLOW] - median[EMPTY_SLOW] < 1.0 + UNSURE


def machine() -> str:
    return f"{os.cpu_count()} CPUs, kubelet {VERSION}, images with the Python of Debian {SUITE}"


def container(team: Team, name: str) -> str:
    """The ID of jasm-init's."""
    statuses = team.status(name)["initContainerStatuses"]
    (found,) = [it["containerID"] for it in statuses if it["name"] == keys.CONTAINER]
    return str(found).rpartition("/")[2]
