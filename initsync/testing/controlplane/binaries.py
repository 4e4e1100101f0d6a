"""Where etcd and kube-apiserver come from: KUBEBUILDER_ASSETS, the user's cache, or Go.

Building takes minutes once; both are Go modules, and the folders `go*` pin them with all they need.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from initsync.testing.controlplane import toolchain
from initsync.testing.controlplane.progress import Progress, run
from initsync.testing.controlplane.toolchain import MissingToolchain

VERSION = "1.37.2"
"""Of Kubernetes, where nothing else is asked for."""
VERSION_VARIABLE = "JASM_TEST_KUBERNETES"
VERSIONS = {VERSION: "go", "1.30.14": "go-1.30"}
"""What can be built, and the Go module beside this file that pins it; the oldest supported last."""

__all__ = [
    "VERSION",
    "VERSIONS",
    "VERSION_VARIABLE",
    "Binaries",
    "MissingToolchain",
    "cache_directory",
    "find_or_build",
]

_VERSION_PACKAGE = "k8s.io/component-base/version"


class Binaries(NamedTuple):
    """Executable files."""

    etcd: Path
    kube_apiserver: Path


class _Part(NamedTuple):
    """One binary, the version of Kubernetes whose module builds it, and its Go package."""

    name: str
    version: str
    package: str


def find_or_build(env: Mapping[str, str], progress: Progress) -> Binaries:
    """The binaries, built if need be, which takes minutes and is told to `progress`.

    Raises MissingToolchain with one sentence that says what to install.
    """
    if assets := env.get("KUBEBUILDER_ASSETS"):
        return _required(Path(assets))
    version = env.get(VERSION_VARIABLE) or VERSION
    if version not in VERSIONS:
        known = " or ".join(VERSIONS)
        raise MissingToolchain(f"{VERSION_VARIABLE} is {version!r}, but must be {known}")
    return Binaries(
        # one etcd serves every version of the API
        _found(_Part("etcd", VERSION, "go.etcd.io/etcd/server/v3"), env, progress),
        _found(
            _Part("kube-apiserver", version, "k8s.io/kubernetes/cmd/kube-apiserver"), env, progress
        ),
    )


def cache_directory(env: Mapping[str, str]) -> Path:
    """JASM's folder in the user's cache (XDG base directories)."""
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jasm"


def _found(part: _Part, env: Mapping[str, str], progress: Progress) -> Path:
    directory = cache_directory(env) / f"controlplane-{part.version}"
    binary = directory / part.name
    if not os.access(binary, os.X_OK):
        directory.mkdir(parents=True, exist_ok=True)
        with _locked(directory / "lock", progress):
            if not os.access(binary, os.X_OK):
                _build(part, binary, env, progress)
    return binary


def _required(directory: Path) -> Binaries:
    binaries = Binaries(directory / "etcd", directory / "kube-apiserver")
    missing = [binary.name for binary in binaries if not os.access(binary, os.X_OK)]
    if missing:
        raise MissingToolchain(
            f"KUBEBUILDER_ASSETS is {directory}, which has no executable {' and no '.join(missing)}"
        )
    return binaries


def _build(part: _Part, binary: Path, env: Mapping[str, str], progress: Progress) -> None:
    """Build under another name and rename: half a binary is never found."""
    module = Path(__file__).with_name(VERSIONS[part.version])
    go = toolchain.find_or_install(env, cache_directory(env), module / "go.mod", progress)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=binary.parent) as name:
        work = Path(name)  # a copy, for the installed package may be read-only
        shutil.copytree(module, work / "go")
        built = work / binary.name
        flags = ["-trimpath", "-ldflags", _ldflags(part.version), "-o", str(built)]
        environment = toolchain.environment(env) | {"CGO_ENABLED": "0"}
        step = f"build {part.name} for Kubernetes {part.version} (once; minutes on a small machine)"
        command = [str(go), "build", *flags, part.package]
        run(command, step, environment, work / "go", progress)
        built.replace(binary)


def _ldflags(version: str) -> str:
    major, minor, _ = version.split(".")
    stamps = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    return " ".join(
        ["-s -w", *(f"-X {_VERSION_PACKAGE}.{name}={value}" for name, value in stamps.items())]
    )


@contextmanager
def _locked(file: Path, progress: Progress) -> Iterator[None]:
    """One build at a time; the kernel frees the lock when its holder ends, however it ends."""
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step("wait for another run that builds the same"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
