"""How a stored pod's container ends as a local process, and what is not run as one."""

import os
import sys
from pathlib import Path

import pytest

from initsync.testing.apiserver import EmbeddedApiServer
from initsync.testing.podrun import UnsupportedPod, run_container
from initsync.words.model import JsonObject
from tests.initsync.testing.showing_pods import created, mounted, with_namespace, with_program


@pytest.fixture(scope="module")
def api(api: EmbeddedApiServer) -> EmbeddedApiServer:
    return with_namespace(api)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    return with_program(tmp_path)


def test_the_way_it_ends_is_told(api: EmbeddedApiServer, programs: Path) -> None:
    end = programs / "end"
    end.write_text(
        f"#!{sys.executable} -IS\nimport sys\n"
        "print('out'); print('err', file=sys.stderr); x = bytearray(40_000_000)\n"
        "sum(range(3_000_000)); sys.exit(int(sys.argv[1]))\n"
    )
    end.chmod(0o755)
    pod = created(api, {"command": ["end"], "args": ["4"]})

    finished = run_container(api, pod, "init", programs=programs)

    assert (finished.exit_code, finished.stdout, finished.stderr) == (4, "out\n", "err\n")
    assert 0.005 < finished.cpu_seconds < 10
    assert 0.005 < finished.seconds < 60
    assert 45_000_000 < finished.peak_rss < 90_000_000


def test_its_peak_memory_is_its_own_not_ours(api: EmbeddedApiServer, programs: Path) -> None:
    ours = bytearray(os.urandom(1)) * 100_000_000

    finished = run_container(api, created(api, {}), "init", programs=programs)

    assert len(ours) > finished.peak_rss


def test_one_that_does_not_end_is_ended(api: EmbeddedApiServer, programs: Path) -> None:
    wait = programs / "wait"
    wait.write_text(f"#!{sys.executable} -IS\nimport time\ntime.sleep(600)\n")
    wait.chmod(0o755)

    with pytest.raises(TimeoutError, match=r"still runs after 0\.3 s"):
        run_container(
            api, created(api, {"command": ["wait"]}), "init", programs=programs, timeout=0.3
        )


@pytest.mark.parametrize(
    ("container", "volumes", "sentence"),
    [
        ({"command": []}, [], "relies on its image's own command"),
        ({"command": ["nowhere"]}, [], "there is no program nowhere"),
        ({"envFrom": [{"secretRef": {"name": "x"}}]}, [], "envFrom of container init"),
        (
            {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]},
            [],
            "secretKeyRef of variable X",
        ),
        (mounted("v", "/v"), [{"name": "v", "hostPath": {"path": "/"}}], "not supported here: h"),
    ],
)
def test_what_it_cannot_do_it_says(
    api: EmbeddedApiServer,
    programs: Path,
    container: JsonObject,
    volumes: list[JsonObject],
    sentence: str,
) -> None:
    pod = created(api, container, volumes)

    with pytest.raises(UnsupportedPod, match=sentence):
        run_container(api, pod, "init", programs=programs)


def test_an_unknown_container_is_named(api: EmbeddedApiServer) -> None:
    with pytest.raises(UnsupportedPod, match="no container other; it has init, app"):
        run_container(api, created(api, {}), "other")
