"""Runs one container of a stored pod as a local process, as a kubelet would, without root.

Its volumes become directories, of which `podenv` tells the process. Everything else is the stored
pod's.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypedDict, Unpack

from initsync.testing import podenv
from initsync.testing.podenv import AwsIdentity
from initsync.testing.podprocess import Finished, Running
from initsync.testing.podvolumes import Files, UnsupportedPod, token, volume_files
from initsync.testing.server import ApiServer
from initsync.words.model import JsonObject

TIMEOUT = 120.0
_AWS_AUDIENCE = "sts.amazonaws.com"

__all__ = [
    "AwsIdentity",
    "Container",
    "Finished",
    "Prepared",
    "UnsupportedPod",
    "prepared_container",
    "run_container",
    "started_container",
]


class Prepared(NamedTuple):
    """What a container's process is started with, as often as one likes."""

    command: list[str]
    env: Mapping[str, str]
    root: Path
    """Its working directory; its volumes are below."""
    mounts: Mapping[str, Path]


class Container:
    """One that runs; its process, and its volumes on this machine."""

    def __init__(
        self, process: Running, mounts: Mapping[str, Path], update: Callable[[JsonObject], None]
    ) -> None:
        self.process = process
        self._mounts = mounts
        self.update = update
        """Given the pod as it is now: show it in the container's volumes, as a kubelet does."""

    def path(self, inside: str) -> Path:
        """Where a path of the container is here."""
        return Path(podenv.translated(inside, self._mounts))


class Options(TypedDict, total=False):
    """How a container is run; see `prepared_container`."""

    aws: AwsIdentity | None
    env: Mapping[str, str] | None
    programs: Path | None
    empty_dirs: Path | None


def run_container(
    api: ApiServer,
    pod: JsonObject,
    name: str,
    *,
    timeout: float = TIMEOUT,
    **options: Unpack[Options],
) -> Finished:
    """Run the (init) container `name` of `pod`, as the API server stored it, to its end.

    Raises what `prepared_container` does, and TimeoutError, having ended it.
    """
    with started_container(api, pod, name, **options) as container:
        return container.process.wait(timeout)


@contextmanager
def started_container(
    api: ApiServer, pod: JsonObject, name: str, **options: Unpack[Options]
) -> Iterator[Container]:
    """The (init) container `name` of `pod`, as the API server stored it, until the block's end.

    Raises what `prepared_container` does.
    """
    with prepared_container(api, pod, name, **options) as found:
        process = Running(found.command, found.env, found.root)
        try:
            yield Container(process, found.mounts, lambda now: _update(api, now, found.root))
        finally:
            process.kill()


@contextmanager
def prepared_container(
    api: ApiServer,
    pod: JsonObject,
    name: str,
    *,
    aws: AwsIdentity | None = None,
    env: Mapping[str, str] | None = None,
    programs: Path | None = None,
    empty_dirs: Path | None = None,
) -> Iterator[Prepared]:
    """The (init) container `name` of `pod`, not started; its volumes last until the block's end.

    `env` is added to the container's own; `programs` is where its command is looked for, by
    default beside this Python; `empty_dirs` keeps the pod's emptyDir volumes for its other
    containers. Raises UnsupportedPod, and Refused as the kubelet would fail to mount.
    """
    container = _container(pod, name)
    with tempfile.TemporaryDirectory(prefix="jasm-pod-") as directory:
        root = Path(directory)
        mounts = dict(_mounts(api, pod, container, root, empty_dirs or root / "empty"))
        if aws:
            mounts[podenv.AWS_MOUNT] = _aws_token(api, pod, root)
        environment = podenv.environment(api, pod, container, mounts, aws, env or {})
        command = _command(container, programs or Path(sys.executable).parent)
        yield Prepared(command, environment, root, mounts)


def _container(pod: JsonObject, name: str) -> JsonObject:
    spec = pod["spec"]
    containers: list[JsonObject] = [*(spec.get("initContainers") or []), *spec["containers"]]
    for container in containers:
        if container["name"] == name:
            return container
    found = ", ".join(container["name"] for container in containers)
    raise UnsupportedPod(f"the pod has no container {name}; it has {found}")


def _mounts(
    api: ApiServer, pod: JsonObject, container: JsonObject, root: Path, empty_dirs: Path
) -> Iterator[tuple[str, Path]]:
    """Each mount path with the directory or file that stands for it."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    for mount in container.get("volumeMounts") or []:
        empty = "emptyDir" in volumes[mount["name"]]
        volume = (empty_dirs if empty else root / "volumes") / mount["name"]
        if empty:
            volume.mkdir(parents=True, exist_ok=True)
        elif not volume.exists():
            _write(volume, volume_files(api, pod, volumes[mount["name"]]))
        yield mount["mountPath"], volume / mount.get("subPath", "")


def _update(api: ApiServer, pod: JsonObject, root: Path) -> None:
    for volume in pod["spec"].get("volumes") or []:
        if (directory := root / "volumes" / volume["name"]).exists():
            _write(directory, volume_files(api, pod, volume))


def _write(directory: Path, files: Files) -> None:
    """Lay files out as the kubelet does: data behind one symbolic link that an update swaps."""
    data = directory / f"..{time.monotonic_ns()}"
    data.mkdir(parents=True)
    for path, content in files.items():
        target = data / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(0o600)
        target.write_bytes(content)
        top = PurePosixPath(path).parts[0]
        if not (directory / top).is_symlink():
            (directory / top).symlink_to(f"..data/{top}")
    (directory / "..data_tmp").symlink_to(data.name)
    (directory / "..data_tmp").rename(directory / "..data")


def _aws_token(api: ApiServer, pod: JsonObject, root: Path) -> Path:
    wish = {"audience": _AWS_AUDIENCE, "expirationSeconds": 3600}
    directory = root / "volumes" / "aws-iam-token"
    _write(directory, {"token": token(api, pod, wish).encode()})
    return directory


def _command(container: JsonObject, programs: Path) -> list[str]:
    command = [*(container.get("command") or []), *(container.get("args") or [])]
    if not container.get("command"):
        raise UnsupportedPod(f"container {container['name']} relies on its image's own command")
    found = shutil.which(command[0], path=str(programs))
    if found is None:
        raise UnsupportedPod(f"there is no program {command[0]} in {programs}")
    return [found, *command[1:]]
