"""Where etcd and kube-apiserver come from: KUBEBUILDER_ASSETS, the user's cache, or Go.

Building takes minutes once; both are Go modules, and the folders `go*` pin them with all they need.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from initsync.testing.controlplane.gobuild import Part, found
from initsync.testing.controlplane.progress import Progress
from initsync.testing.controlplane.toolchain import MissingToolchain

VERSION = "1.37.2"
"""The version of Kubernetes, where nothing else is asked for."""
VERSION_VARIABLE = "JASM_TEST_KUBERNETES"
VERSIONS = {VERSION: "go", "1.30.14": "go-1.30"}
"""What can be built, and the Go module beside this file that pins it; the oldest supported last."""

__all__ = [
    "VERSION",
    "VERSIONS",
    "VERSION_VARIABLE",
    "Binaries",
    "MissingToolchain",
    "find_or_build",
    "part",
]

_VERSION_PACKAGE = "k8s.io/component-base/version"


class Binaries(NamedTuple):
    """The programs of a control plane, as executable files."""

    etcd: Path
    kube_apiserver: Path


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
        found(ETCD, env, progress),
        found(part("kube-apiserver", version), env, progress),
    )


def part(name: str, version: str = VERSION) -> Part:
    """One of Kubernetes' own programs, such as kubelet; the module of 1.37.2 pins them all."""
    package = f"k8s.io/kubernetes/cmd/{name}"
    return Part(name, package, _module(version), _release(version), _stamped(version))


def _module(version: str) -> Path:
    return Path(__file__).with_name(VERSIONS[version])


def _release(version: str) -> str:
    return f"controlplane-{version}"


def _stamped(version: str) -> tuple[str, ...]:
    major, minor, _ = version.split(".")
    stamps = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    stamped = (f"-X {_VERSION_PACKAGE}.{name}={value}" for name, value in stamps.items())
    return ("-ldflags", " ".join(["-s -w", *stamped]))


# one etcd serves every version of the API
ETCD = Part(
    "etcd", "go.etcd.io/etcd/server/v3", _module(VERSION), _release(VERSION), ("-ldflags", "-s -w")
)


def _required(directory: Path) -> Binaries:
    binaries = Binaries(directory / "etcd", directory / "kube-apiserver")
    missing = [binary.name for binary in binaries if not os.access(binary, os.X_OK)]
    if missing:
        raise MissingToolchain(
            f"KUBEBUILDER_ASSETS is {directory}, which has no executable {' and no '.join(missing)}"
        )
    return binaries
