"""Init containers in their order, with native sidecars among them."""

import sys
from pathlib import Path
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.testing.client import Refused
from initsync.testing.podrun import UnsupportedPod
from initsync.testing.podstart import InitFailed, started_pod
from initsync.words.model import JsonObject
from tests.polling import until

# Writes its own name to the shared log at once, and more where it is told to.
SIDE = f"""#!{sys.executable} -IS
import os, signal, sys, time
def say(text):
    with open(os.environ["SHARED"] + "/log", "a") as log:
        log.write(text + "\\n")
def end(*_):
    say(sys.argv[1] + " ends")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
say(sys.argv[1])
if "ready" in sys.argv:
    open(os.environ["SHARED"] + "/ready", "w")
if "fail" in sys.argv:
    sys.exit(3)
while "stay" in sys.argv:
    time.sleep(60)
"""
PROBE = {"exec": {"command": ["test", "-e", "/shared/ready"]}, "periodSeconds": 1}
NATIVE = {"restartPolicy": "Always", "startupProbe": PROBE | {"failureThreshold": 20}}


@pytest.fixture(scope="module")
def api(api: EmbeddedApiServer) -> EmbeddedApiServer:
    api.create_namespace("shop")
    return api


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    side = tmp_path / "side"
    side.write_text(SIDE)
    side.chmod(0o755)
    return tmp_path


def container(name: str, *args: str, **more: Any) -> JsonObject:
    return {
        "name": name,
        "image": "registry.invalid/x:1",
        "command": ["side", name, *args],
        "env": [{"name": "SHARED", "value": "/shared"}],
        "volumeMounts": [{"name": "shared", "mountPath": "/shared"}],
        **more,
    }


def created(api: EmbeddedApiServer, *containers: JsonObject, **annotations: str) -> JsonObject:
    pod = manifests.pod("shop", "", annotations)
    pod["metadata"]["generateName"] = "web-"
    fields = [{"path": "note", "fieldRef": {"fieldPath": "metadata.annotations['note']"}}]
    volumes = [
        {"name": "shared", "emptyDir": {}},
        {"name": "podinfo", "downwardAPI": {"items": fields}},
    ]
    pod["spec"] |= {"initContainers": list(containers), "volumes": volumes}
    return api.create(pod)


def test_a_sidecar_runs_beside_the_next_and_ends_last(
    api: EmbeddedApiServer, programs: Path
) -> None:
    pod = created(
        api, container("one", "ready", "stay", **NATIVE), container("two"), container("three")
    )

    with started_pod(api, pod, programs=programs) as started:
        running = started.running["one"]
        log = running.path("/shared/log")
        assert log.read_text().split("\n")[:3] == ["one", "two", "three"]
        assert not running.process.ended()
        assert set(started.finished) == {"two", "three"}
        pod_log = log.open()

    assert pod_log.read().splitlines()[-1] == "one ends"
    pod_log.close()
    assert started.finished["one"].exit_code == 0


def test_the_next_waits_for_the_startup_probe(api: EmbeddedApiServer, programs: Path) -> None:
    late = NATIVE | {"startupProbe": PROBE | {"failureThreshold": 0.2}}
    pod = created(api, container("one", "stay", **late), container("two"))

    with (
        pytest.raises(TimeoutError, match="probe of one found no /shared/ready in time"),
        started_pod(api, pod, programs=programs),
    ):
        raise AssertionError("the pod must not start")


def test_a_sidecar_that_fails_stops_the_pod(api: EmbeddedApiServer, programs: Path) -> None:
    pod = created(api, container("one", "fail", **NATIVE), container("two"))

    with pytest.raises(InitFailed) as caught, started_pod(api, pod, programs=programs):
        raise AssertionError("the pod must not start")

    assert (caught.value.name, caught.value.finished.exit_code) == ("one", 3)


def test_an_init_container_that_fails_stops_the_pod(api: EmbeddedApiServer, programs: Path) -> None:
    pod = created(api, container("one", "fail"), container("two"))

    with pytest.raises(InitFailed), started_pod(api, pod, programs=programs):
        raise AssertionError("the pod must not start")


def test_a_sidecar_without_probe_is_not_waited_for(api: EmbeddedApiServer, programs: Path) -> None:
    pod = created(api, container("one", "stay", restartPolicy="Always"))

    with started_pod(api, pod, programs=programs) as started:
        until(started.running["one"].path("/shared/log").exists)

    assert started.finished["one"].exit_code == 0


def test_another_probe_is_told(api: EmbeddedApiServer, programs: Path) -> None:
    tcp = NATIVE | {"startupProbe": {"tcpSocket": {"port": 1}}}
    pod = created(api, container("one", "stay", **tcp))

    with (
        pytest.raises(UnsupportedPod, match="the startup probe of one is not supported here"),
        started_pod(api, pod, programs=programs),
    ):
        raise AssertionError("the pod must not start")


def test_an_edit_of_the_pod_is_shown_as_the_kubelet_does(
    api: EmbeddedApiServer, programs: Path
) -> None:
    one = container("one", "ready", "stay", **NATIVE)
    one["volumeMounts"].append({"name": "podinfo", "mountPath": "/podinfo"})
    pod = created(api, one, note="before")

    with started_pod(api, pod, programs=programs) as started:
        running = started.running["one"]
        note, link = running.path("/podinfo/note"), running.path("/podinfo/..data")
        before = (note.read_text(), link.readlink())
        pod["metadata"]["annotations"]["note"] = "after"
        running.update(pod)
        after = (note.read_text(), link.readlink())

    assert (before[0], after[0]) == ("before", "after")
    assert before[1] != after[1]


def test_the_api_server_refuses_a_probe_without_restart_policy(api: EmbeddedApiServer) -> None:
    with pytest.raises(Refused, match="startupProbe: Forbidden: may not be set for init"):
        created(api, container("one", startupProbe=PROBE))
