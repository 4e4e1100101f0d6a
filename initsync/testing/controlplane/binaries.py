"""Where etcd and kube-apiserver come from: KUBEBUILDER_ASSETS, the user's cache, or Go.

Building takes minutes once; both are Go modules, and `go/` pins them with all they need.
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
"""Of Kubernetes; `go/go.mod` has the modules."""

__all__ = ["VERSION", "Binaries", "MissingToolchain", "cache_directory", "find_or_build"]

_MODULE = Path(__file__).with_name("go")
_VERSION_PACKAGE = "k8s.io/component-base/version"


class Binaries(NamedTuple):
    """Executable files."""

    etcd: Path
    kube_apiserver: Path


_NAMES = Binaries(Path("etcd"), Path("kube-apiserver"))
_PACKAGES = Binaries(
    Path("go.etcd.io/etcd/server/v3"), Path("k8s.io/kubernetes/cmd/kube-apiserver")
)


def find_or_build(env: Mapping[str, str], progress: Progress) -> Binaries:
    """The binaries, built if need be, which takes minutes and is told to `progress`.

    Raises MissingToolchain with one sentence that says what to install.
    """
    if assets := env.get("KUBEBUILDER_ASSETS"):
        return _required(Path(assets))
    directory = cache_directory(env) / f"controlplane-{VERSION}"
    if not _complete(_in(directory)):
        directory.mkdir(parents=True, exist_ok=True)
        with _locked(directory / "lock", progress):
            _build_missing(directory, env, progress)
    return _in(directory)


def cache_directory(env: Mapping[str, str]) -> Path:
    """JASM's folder in the user's cache (XDG base directories)."""
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jasm"


def _in(directory: Path) -> Binaries:
    return Binaries(*(directory / name for name in _NAMES))


def _complete(binaries: Binaries) -> bool:
    return all(os.access(binary, os.X_OK) for binary in binaries)


def _required(directory: Path) -> Binaries:
    binaries = _in(directory)
    missing = [binary.name for binary in binaries if not os.access(binary, os.X_OK)]
    if missing:
        raise MissingToolchain(
            f"KUBEBUILDER_ASSETS is {directory}, which has no executable {' and no '.join(missing)}"
        )
    return binaries


def _build_missing(directory: Path, env: Mapping[str, str], progress: Progress) -> None:
    wanted = [
        (binary, str(package))
        for binary, package in zip(_in(directory), _PACKAGES, strict=True)
        if not os.access(binary, os.X_OK)
    ]
    if wanted:
        go = toolchain.find_or_install(env, cache_directory(env), progress)
        for binary, package in wanted:
            _build(go, package, binary, env, progress)


def _build(
    go: Path, package: str, binary: Path, env: Mapping[str, str], progress: Progress
) -> None:
    """Build under another name and rename: half a binary is never found."""
    with tempfile.TemporaryDirectory(prefix=".build-", dir=binary.parent) as name:
        work = Path(name)  # a copy, for the installed package may be read-only
        shutil.copytree(_MODULE, work / "go")
        built = work / binary.name
        command = [str(go), "build", "-trimpath", "-ldflags", _ldflags(), "-o", str(built), package]
        environment = toolchain.environment(env) | {"CGO_ENABLED": "0"}
        step = f"build {binary.name} for Kubernetes {VERSION} (once; minutes on a small machine)"
        run(command, step, environment, work / "go", progress)
        built.replace(binary)


def _ldflags() -> str:
    major, minor, _ = VERSION.split(".")
    stamps = {"gitVersion": f"v{VERSION}", "gitMajor": major, "gitMinor": minor}
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
