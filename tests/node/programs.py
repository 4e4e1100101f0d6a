"""The programs of a node and its control plane, built by Go where they are not yet."""

from collections.abc import Mapping
from pathlib import Path

from initsync.testing.controlplane import binaries
from initsync.testing.controlplane.gobuild import Part, found
from initsync.testing.controlplane.progress import Progress

MODULE = Path(__file__).with_name("go")
RELEASE = "node-containerd-2.4.2"
KUBERNETES = ("kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubectl")
_SMALL = ("-ldflags", "-s -w")
_CONTAINERD = (*_SMALL, "-tags", "no_btrfs no_devmapper no_zfs")
PACKAGES = {
    "containerd": "github.com/containerd/containerd/v2/cmd/containerd",
    "containerd-shim-runc-v2": "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
    "ctr": "github.com/containerd/containerd/v2/cmd/ctr",
    "bridge": "github.com/containernetworking/plugins/plugins/main/bridge",
    "loopback": "github.com/containernetworking/plugins/plugins/main/loopback",
    "host-local": "github.com/containernetworking/plugins/plugins/ipam/host-local",
}
# Debian's own is too old for this containerd ("unknown version specified").
RUNC = Part(
    "runc", "github.com/opencontainers/runc", MODULE, RELEASE, (*_SMALL, "-tags", "seccomp"), True
)


def find_or_build(env: Mapping[str, str], progress: Progress) -> dict[str, Path]:
    """By name, etcd and kube-apiserver aside. Raises MissingToolchain and progress.Failed."""
    parts = [
        *(binaries.part(name) for name in KUBERNETES),
        *(Part(name, package, MODULE, RELEASE, _CONTAINERD) for name, package in PACKAGES.items()),
        RUNC,
    ]
    return {part.name: found(part, env, progress) for part in parts}
