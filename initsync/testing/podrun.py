"""Runs one container of a stored pod as a local process, as a kubelet would, without root.

Its volumes become directories, and since a mount path such as /var/run/secrets is not ours to
create, environment values below a mount path are translated to them, and JASM_PODINFO_DIR and
JASM_SERVICEACCOUNT_DIR say where JASM's own two are. Everything else is the stored pod's.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from initsync import keys
from initsync.model import JsonObject
from initsync.testing import launch
from initsync.testing.podvolumes import Files, UnsupportedPod, field, token, volume_files
from initsync.testing.server import ApiServer

NODE = "node-1"
TIMEOUT = 120.0
_AWS_TOKEN = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"  # noqa: S105  # a path
_AWS_AUDIENCE = "sts.amazonaws.com"

__all__ = ["AwsIdentity", "Finished", "UnsupportedPod", "run_container"]


class AwsIdentity(NamedTuple):
    """What the EKS pod identity webhook gives a pod whose ServiceAccount names a role (IRSA)."""

    role_arn: str
    region: str
    endpoint: str
    """Of AWS itself: this machine's stand-in."""


class Finished(NamedTuple):
    """How the container's process ended."""

    exit_code: int
    """Negative: ended by that signal."""
    stdout: str
    stderr: str
    seconds: float
    cpu_seconds: float
    peak_rss: int
    """Bytes."""


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

    `env` is added to the container's own; `programs` is where its command is looked for, by
    default beside this Python; `empty_dirs` keeps the pod's emptyDir volumes for its other
    containers. Raises UnsupportedPod, Refused as the kubelet would fail to mount,
    and TimeoutError, having ended it.
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
        return _run(command, translated, root, timeout)


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


def _write(directory: Path, files: Files) -> None:
    """Lay files out as the kubelet does: data behind one symbolic link that an update swaps."""
    data = directory / "..first"
    data.mkdir(parents=True)
    (directory / "..data").symlink_to(data.name)
    for path, content in files.items():
        target = data / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(0o600)
        target.write_bytes(content)
        top = PurePosixPath(path).parts[0]
        if not (directory / top).is_symlink():
            (directory / top).symlink_to(f"..data/{top}")


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


def _run(command: list[str], env: Mapping[str, str], root: Path, timeout: float) -> Finished:
    report, out, err = (root / name for name in ("report", "stdout", "stderr"))
    launcher = [sys.executable, "-I", "-S", launch.__file__, str(report)]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603  # the stored pod's own command is the point
            [*launcher, *command],
            env=env,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            said = err.read_text(encoding="utf-8", errors="replace")
            raise TimeoutError(f"{command[0]} still runs after {timeout:g} s: {said}") from error
        finally:
            _end(process)
    status, cpu, rss, seconds = report.read_text(encoding="ascii").split()
    return Finished(
        os.waitstatus_to_exitcode(int(status)),
        out.read_text(encoding="utf-8", errors="replace"),
        err.read_text(encoding="utf-8", errors="replace"),
        float(seconds),
        float(cpu),
        int(rss),
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what is left of the session that we started: the launcher and its program."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
