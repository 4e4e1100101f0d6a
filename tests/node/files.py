"""Configuration of a kubelet, containerd, CNI and kube-proxy, as texts."""

import json
from pathlib import Path
from typing import Any

NODE = "node-1"
BRIDGE = "jasm0"
GATEWAY = "10.244.0.1"
"""The bridge's own address, at which the control plane listens."""
PODS = "10.244.0.0/24"
SERVICES = "10.96.0.0/16"
REGISTRIES = "registries"
"""The folder where containerd looks, at each pull, for how a registry is reached."""


def containerd(root: Path, programs: dict[str, Path], sandbox_image: str) -> str:
    """https://github.com/containerd/containerd/blob/main/docs/cri/config.md (version 3)."""
    return f"""version = 3
root = "{root / "containerd"}"
state = "/run/containerd"

[grpc]
address = "{socket()}"

[plugins.'io.containerd.cri.v1.images']
snapshotter = "overlayfs"

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "{sandbox_image}"

[plugins.'io.containerd.cri.v1.images'.registry]
config_path = "{root / REGISTRIES}"

[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["{programs["bridge"].parent}"]
conf_dir = "{root / "cni"}"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = "{programs["runc"]}"
"""


def socket() -> str:
    """Where containerd listens."""
    return "/run/containerd/containerd.sock"


def registry(url: str) -> str:
    """https://github.com/containerd/containerd/blob/main/docs/hosts.md"""
    return f'server = "{url}"\n'


def cni() -> str:
    """https://www.cni.dev/plugins/current/main/bridge/"""
    ipam = {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {"type": "bridge", "bridge": BRIDGE, "isGateway": True, "hairpinMode": True}
    return json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge | {"ipam": ipam}]})


def kubelet(ca: Path, cgroup: str) -> str:
    """https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/"""
    return _json(
        "kubelet.config.k8s.io/v1beta1",
        "KubeletConfiguration",
        authentication={"anonymous": {"enabled": False}, "x509": {"clientCAFile": str(ca)}},
        authorization={"mode": "AlwaysAllow"},
        cgroupDriver="cgroupfs",
        cgroupRoot=f"/{cgroup}",
        enforceNodeAllocatable=[],
        failCgroupV1=False,
        failSwapOn=False,
        localStorageCapacityIsolation=False,
        containerRuntimeEndpoint=f"unix://{socket()}",
        clusterDNS=["10.96.0.10"],
        # The machine's disk may be nearly full of other things.
        evictionHard={"nodefs.available": "0%", "imagefs.available": "0%"},
        imageGCHighThresholdPercent=100,
        maxPods=200,
        # Many pods start at once here: the kubelet must not be what they wait for.
        eventRecordQPS=0,
        kubeAPIQPS=500,
        kubeAPIBurst=1000,
    )


def kube_proxy(kubeconfig: Path) -> str:
    """https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/"""
    return _json(
        "kubeproxy.config.k8s.io/v1alpha1",
        "KubeProxyConfiguration",
        mode="iptables",
        clientConnection={"kubeconfig": str(kubeconfig)},
        clusterCIDR=PODS,
        hostnameOverride=NODE,
        conntrack={"maxPerCore": 0, "min": 0},
        # The machine's own table is not ours to size.
        iptables={"minSyncPeriod": "0s"},
    )


def kubeconfig(server: str, ca: Path, user: dict[str, Any]) -> str:
    """`user`: a token, or the files of a certificate."""
    cluster = {"server": server, "certificate-authority": str(ca)}
    context = {"cluster": "node", "user": "node"}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "node", "cluster": cluster}],
            "users": [{"name": "node", "user": user}],
            "contexts": [{"name": "node", "context": context}],
            "current-context": "node",
        }
    )


def _json(version: str, kind: str, **fields: Any) -> str:
    return json.dumps({"apiVersion": version, "kind": kind, **fields})
