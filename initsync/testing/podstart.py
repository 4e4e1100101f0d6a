"""A stored pod's init containers in their order, as a kubelet starts them; native sidecars stay.

https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from initsync.testing.podrun import (
    TIMEOUT,
    AwsIdentity,
    Container,
    Finished,
    UnsupportedPod,
    started_container,
)
from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject

_POLL = 0.02
_GRACE = 30.0  # seconds: terminationGracePeriodSeconds' default


class InitFailed(Exception):
    """An init container failed, so the pod does not start; a kubelet would try again."""

    def __init__(self, name: str, finished: Finished) -> None:
        super().__init__(f"{name} ended with exit code {finished.exit_code}: {finished.stderr}")
        self.name = name
        self.finished = finished


class StartedPod:
    """Its app containers would run now."""

    def __init__(self) -> None:
        self.finished: dict[str, Finished] = {}
        """The containers that ended, by name; sidecars are there after the block only."""
        self.running: dict[str, Container] = {}


@contextmanager
def started_pod(
    api: ApiServer,
    pod: JsonObject,
    *,
    aws: AwsIdentity | None = None,
    env: Mapping[str, str] | None = None,
    programs: Path | None = None,
) -> Iterator[StartedPod]:
    """Run the init containers; within the block the sidecars run, and SIGTERM ends them after it.

    `aws`, `env` and `programs` as in `run_container`. Raises what that does, and InitFailed.
    """
    with tempfile.TemporaryDirectory(prefix="jasm-pod-") as directory, ExitStack() as stack:
        started = StartedPod()
        shared = Path(directory)
        for spec in pod["spec"].get("initContainers") or []:
            name = spec["name"]
            container = stack.enter_context(
                started_container(
                    api, pod, name, aws=aws, env=env, programs=programs, empty_dirs=shared
                )
            )
            if spec.get("restartPolicy") == "Always":
                _await_startup(container, spec)
                started.running[name] = container
            else:
                started.finished[name] = _succeeded(name, container.process.wait(TIMEOUT))
        yield started
        for name in reversed(started.running):  # as a kubelet: the last started first
            container = started.running[name]
            container.process.terminate()
            started.finished[name] = container.process.wait(_GRACE)


def _succeeded(name: str, finished: Finished) -> Finished:
    if finished.exit_code:
        raise InitFailed(name, finished)
    return finished


def _await_startup(container: Container, spec: JsonObject) -> None:
    """Return when its startup probe succeeds; at once where it has none."""
    if not (probe := spec.get("startupProbe")):
        return
    match (probe.get("exec") or {}).get("command"):
        case ["test", "-e", path]:
            file = container.path(path)
        case _:
            raise UnsupportedPod(f"the startup probe of {spec['name']} is not supported here")
    deadline = time.monotonic() + probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)
    while not file.exists():
        if container.process.ended():
            raise InitFailed(spec["name"], container.process.wait(0))
        if time.monotonic() > deadline:
            raise TimeoutError(f"the startup probe of {spec['name']} found no {path} in time")
        time.sleep(_POLL)
