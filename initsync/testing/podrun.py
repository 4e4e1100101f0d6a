"""Runs one container of a stored pod as a local process, as a kubelet would, without root.

Its volumes become directories, and since a mount path such as /var/run/secrets is not ours to
create, environment values below a mount path are translated to them, and JASM_PODINFO_DIR and
JASM_SERVICEACCOUNT_DIR say where JASM's own two are. Everything else is the stored pod's.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from initsync import keys
from initsync.model import JsonObject
from initsync.testing.podprocess import Finished, Running
from initsync.testing.podvolumes import Files, UnsupportedPod, field, token, volume_files
from initsync.testing.server import ApiServer

NODE = "node-1"
TIMEOUT = 120.0
_AWS_TOKEN = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"  # noqa: S105  # a path
_AWS_AUDIENCE = "sts.amazonaws.com"

__all__ = [
    "AwsIdentity",
    "Container",
    "Finished",
    "UnsupportedPod",
    "run_container",
    "started_container",
]


class AwsIdentity(NamedTuple):
    """What the EKS pod identity webhook gives a pod whose ServiceAccount names a role (IRSA)."""

    role_arn: str
    region: str
    endpoint: str
    """Of AWS itself: this machine's stand-in."""


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
        return Path(_translated(inside, self._mounts))


def run_container(
    api: ApiServer,
    pod: JsonObject,
    name: str,
    *,
    aws: AwsIdentity | None = None,
    env: Mapping[str, str] | None = None,
    programs: Path | None = None,
    empty_dirs: Path | None = None,
    timeout: float = TIMEOUT,
) -> Finished:
    """Run the (init) container `name` of `pod`, as the API server stored it, to its end.

    Its arguments are those of `started_container`. Raises what that does, and TimeoutError,
    having ended it.
    """
    with started_container(
        api, pod, name, aws=aws, env=env, programs=programs, empty_dirs=empty_dirs
    ) as container:
        return container.process.wait(timeout)


@contextmanager
def started_container(
    api: ApiServer,
    pod: JsonObject,
    name: str,
    *,
    aws: AwsIdentity | None = None,
    env: Mapping[str, str] | None = None,
    programs: Path | None = None,
    empty_dirs: Path | None = None,
) -> Iterator[Container]:
    """The (init) container `name` of `pod`, as the API server stored it, until the block's end.

    `env` is added to the container's own; `programs` is where its command is looked for, by
    default beside this Python; `empty_dirs` keeps the pod's emptyDir volumes for its other
    containers. Raises UnsupportedPod, and Refused as the kubelet would fail to mount.
    """
    container = _container(pod, name)
    with tempfile.TemporaryDirectory(prefix="jasm-pod-") as directory:
        root = Path(directory)
        mounts = dict(_mounts(api, pod, container, root, empty_dirs or root / "empty"))
        if aws:
            mounts[str(PurePosixPath(_AWS_TOKEN).parent)] = _aws_token(api, pod, root)
        environment = {
            **_service_env(api, pod),
            **(_aws_env(aws) if aws else {}),
            **dict(_own_env(pod, container)),
            **_jasm_env(mounts),
            **(env or {}),
        }
        translated = {key: _translated(value, mounts) for key, value in environment.items()}
        command = _command(container, programs or Path(sys.executable).parent)
        process = Running(command, translated, root)
        try:
            yield Container(process, mounts, lambda now: _update(api, now, root))
        finally:
            process.kill()


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


def _service_env(api: ApiServer, pod: JsonObject) -> dict[str, str]:
    address = urlsplit(api.url)
    return {
        "HOSTNAME": pod["metadata"]["name"],
        "KUBERNETES_SERVICE_HOST": str(address.hostname),
        "KUBERNETES_SERVICE_PORT": str(address.port),
    }


def _aws_env(aws: AwsIdentity) -> dict[str, str]:
    return {
        "AWS_ROLE_ARN": aws.role_arn,
        "AWS_WEB_IDENTITY_TOKEN_FILE": _AWS_TOKEN,
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,
        "AWS_ENDPOINT_URL": aws.endpoint,
    }


def _own_env(pod: JsonObject, container: JsonObject) -> Iterator[tuple[str, str]]:
    if container.get("envFrom"):
        raise UnsupportedPod(f"envFrom of container {container['name']} is not supported here")
    for entry in container.get("env") or []:
        source = entry.get("valueFrom") or {}
        if not source:
            yield entry["name"], entry.get("value", "")
        elif "fieldRef" in source:
            yield entry["name"], field(pod, source["fieldRef"]["fieldPath"], NODE)
        else:
            kinds = ", ".join(source)
            raise UnsupportedPod(f"{kinds} of variable {entry['name']} is not supported here")


def _jasm_env(mounts: Mapping[str, Path]) -> dict[str, str]:
    names = {
        keys.PODINFO_DIR: "JASM_PODINFO_DIR",
        keys.SERVICEACCOUNT_DIR: "JASM_SERVICEACCOUNT_DIR",
    }
    return {variable: path for path, variable in names.items() if path in mounts}


def _translated(value: str, mounts: Mapping[str, Path]) -> str:
    for path in sorted(mounts, key=len, reverse=True):  # the innermost mount counts
        if value == path or value.startswith(f"{path}/"):
            return f"{mounts[path]}{value[len(path) :]}"
    return value


def _command(container: JsonObject, programs: Path) -> list[str]:
    command = [*(container.get("command") or []), *(container.get("args") or [])]
    if not container.get("command"):
        raise UnsupportedPod(f"container {container['name']} relies on its image's own command")
    found = shutil.which(command[0], path=str(programs))
    if found is None:
        raise UnsupportedPod(f"there is no program {command[0]} in {programs}")
    return [found, *command[1:]]
