"""The sidecar as a process: its memory, its end, and its port."""

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from initsync.testing.apiserver import EmbeddedApiServer
from tests.full import times
from tests.initsync.fake_aws import FakeAws
from tests.initsync.pod.sidecar_world import World
from tests.polling import until

MAIN = "from initsync.pod import main; main.main()"
# The same loop without the wait between two cycles.
BUSY = """
import os, sys, time
from initsync.pod.sidecar import loop
from initsync.sync import run
from initsync.sync.log import Log
clock = loop.Clock(time.time, time.monotonic, time.sleep, run.uniform)
loop.run(os.environ, Log(sys.stderr, time.time), clock, interval=0.0)
"""
CYCLES = times("CYCLES", full=1000, usual=300)
AT_MOST = 30_000_000
GROWTH = 2_000_000


@pytest.fixture
def world(api: EmbeddedApiServer, aws: FakeAws, tmp_path: Path) -> World:
    world = World(api, aws, tmp_path)
    world.env["JASM_TIMEOUT"] = "60"
    return world


@contextlib.contextmanager
def process(world: World, code: str = MAIN) -> "Iterator[subprocess.Popen[str]]":
    env = {"PATH": os.environ["PATH"], **world.env}
    with subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, env=env, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def ended(child: "subprocess.Popen[str]") -> tuple[float, int, str]:
    """Seconds from SIGTERM to its end, the exit code, and the last line."""
    start = time.monotonic()
    child.terminate()
    code = child.wait(20)
    seconds = time.monotonic() - start
    assert child.stderr
    return seconds, code, child.stderr.read().splitlines()[-1]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def page(port: int, path: str) -> tuple[int, str]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as asked:
        asked.request("GET", path)
        answer = asked.getresponse()
        return answer.status, answer.read().decode()


def figure(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, name
    return float(found[1])


def cycled(port: int, cycles: int) -> bool:
    return figure(page(port, "/metrics")[1], 'jasm_syncs_total{outcome="unchanged"}') >= cycles


def test_hundreds_of_cycles_leave_no_memory_behind(world: World) -> None:
    world.env["JASM_METRICS_PORT"] = str(port := free_port())
    memory = []

    with process(world, BUSY):
        until(world.ready)
        for cycles in range(100, CYCLES + 1, 100):
            until(partial(cycled, port, cycles))
            memory.append(figure(page(port, "/metrics")[1], "process_resident_memory_bytes"))

    assert memory[-1] < AT_MOST
    assert memory[-1] - memory[0] < GROWTH


class TestItEndsWithinASecond:
    def test_in_a_wait(self, world: World) -> None:
        with process(world) as child:
            until(world.ready)

            seconds, code, said = ended(child)

        assert (code, said) == (0, "ended by SIGTERM")
        assert seconds < 1

    @pytest.mark.parametrize("_", range(10))  # a handler was late in 1 of 20
    def test_in_a_request_that_gets_no_answer(self, world: World, _: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            world.env["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with process(world) as child, silent.accept()[0]:
                seconds, code, said = ended(child)

        assert (code, said) == (0, "ended by SIGTERM")
        assert seconds < 1

    def test_between_two_tries(self, world: World) -> None:
        world.break_aws()
        with process(world) as child:
            assert child.stderr
            next(line for line in child.stderr if "trying again in" in line)

            seconds, code, said = ended(child)

        assert (code, said) == (0, "ended by SIGTERM")
        assert seconds < 1

    def test_amid_cycles_and_their_threads(self, world: World) -> None:
        world.env["JASM_METRICS_PORT"] = str(port := free_port())
        code = "from initsync.pod import main; main.end_by_thread(b'ended', 0)" + BUSY
        with process(world, code) as child:
            until(world.ready)
            page(port, "/metrics")

            seconds, exit_code, said = ended(child)

        assert (exit_code, said) == (0, "ended")
        assert seconds < 1


def test_its_port_tells_figures_and_health(world: World) -> None:
    world.env["JASM_METRICS_PORT"] = str(port := free_port())

    with process(world):
        until(world.ready)
        metrics = page(port, "/metrics")
        health = page(port, "/healthz")

    assert health == (200, "ok\n")
    assert metrics[0] == 200
    assert figure(metrics[1], 'jasm_syncs_total{outcome="created"}') == 1
    assert "pl4nted" not in metrics[1]
    assert "/prod/db" not in metrics[1]


def test_a_port_that_is_taken_is_told_and_the_sync_goes_on(world: World) -> None:
    with socket.create_server(("", 0)) as taken:
        world.env["JASM_METRICS_PORT"] = str(taken.getsockname()[1])
        with process(world) as child:
            until(world.ready)
            child.terminate()
            assert child.stderr
            said = child.stderr.read()

    assert "warning: no /metrics: cannot listen on port" in said
    assert "Address already in use" in said


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1", "9" * 5000])
def test_a_port_that_is_none_is_told_and_the_sync_goes_on(world: World, port: str) -> None:
    world.env["JASM_METRICS_PORT"] = port
    with process(world) as child:
        until(world.ready)
        child.terminate()
        assert child.stderr
        first = child.stderr.readline()

    assert first.startswith("warning: no /metrics: JASM_METRICS_PORT is")
    assert len(first) < 300
    assert world.reasons() == ["InvalidSetup", "SecretSynced"]


def test_an_unknown_mode_is_refused(world: World) -> None:
    world.env["JASM_MODE"] = "forever"

    with process(world) as child:
        assert child.wait(20) == 2
        assert child.stderr
        said = child.stderr.read()

    assert said == "error: JASM_MODE is 'forever': set it to init or sidecar\n"
