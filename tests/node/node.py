"""A real cluster of one node: control plane, containerd, kubelet and kube-proxy.

To be started within `tests.node.sandbox`, which also ends whatever this leaves.
"""

import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from initsync.testing.closing import Closing
from initsync.testing.controlplane import Binaries, ControlPlane
from initsync.testing.process import Process
from tests.node import files
from tests.node.images import BASE
from tests.node.machine import command_output
from tests.node.sandbox import CGROUPS

READY = 60.0
"""Seconds; about ten on this machine."""


class Node(Closing):
    """Started when made. Raises StartFailed."""

    def __init__(
        self,
        binaries: Binaries,
        programs: dict[str, Path],
        archives: Sequence[Path],
        scratch: Path,
        cgroup: str,
    ) -> None:
        self.programs, self.archives, self._scratch = programs, archives, scratch
        with ExitStack() as stack:
            self._stack = stack
            _bridge()
            self.api = stack.enter_context(ControlPlane(binaries, files.GATEWAY, node_access=True))
            self._start_containerd()
            self.admin = self._kubeconfig("admin", {"token": self.api.admin_token})
            self._start_controllers()
            for archive in archives:
                self._import(archive)
            self._start_kubelet(cgroup)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """End all of it."""
        self._stack.close()

    def kubectl(self, *arguments: str) -> str:
        """What it prints, as the cluster's administrator."""
        command = [str(self.programs["kubectl"]), f"--kubeconfig={self.admin}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def name_registry(self, name: str, url: str) -> None:
        """Have images whose names begin with `name` pulled from `url`."""
        (self._scratch / files.REGISTRIES / name).mkdir(parents=True)
        self._file(f"{files.REGISTRIES}/{name}/hosts.toml", files.registry(url))

    def _start_containerd(self) -> None:
        (self._scratch / "cni").mkdir()
        self._file("cni/10-pods.conflist", files.cni())
        config = self._file("containerd.toml", files.containerd(self._scratch, self.programs, BASE))
        containerd = self._run("containerd", f"--config={config}")
        containerd.await_ready(Path(files.socket()).exists, READY)

    def _import(self, archive: Path) -> None:
        ctr = [str(self.programs["ctr"]), f"--address={files.socket()}", "--namespace=k8s.io"]
        command_output([*ctr, "images", "import", str(archive)])

    def _start_controllers(self) -> None:
        self._run(
            "kube-controller-manager",
            f"--kubeconfig={self.admin}",
            f"--service-account-private-key-file={self.api.service_account_key}",
            f"--root-ca-file={self.api.ca_file}",
            "--use-service-account-credentials",
            "--leader-elect=false",
        )
        self._run("kube-scheduler", f"--kubeconfig={self.admin}", "--leader-elect=false")
        config = self._file("kube-proxy.json", files.kube_proxy(self.admin))
        self._run("kube-proxy", f"--config={config}")

    def _start_kubelet(self, cgroup: str) -> None:
        for controller in CGROUPS.iterdir():
            if not controller.is_symlink():
                (controller / cgroup).mkdir(exist_ok=True)
        pair = self.api.authority.client(f"system:node:{files.NODE}", "system:nodes")
        identity = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
        hosts = (files.NODE, files.GATEWAY)
        serving = self.api.authority.serving("kubelet", hosts)
        kubelet = self._run(
            "kubelet",
            f"--config={self._file('kubelet.json', files.kubelet(Path(self.api.ca_file), cgroup))}",
            f"--kubeconfig={self._kubeconfig('kubelet', identity)}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--hostname-override={files.NODE}",
            f"--node-ip={files.GATEWAY}",
        )
        kubelet.await_ready(self._is_ready, READY)

    def _is_ready(self) -> bool:
        answer = self.api.request("GET", f"/api/v1/nodes/{files.NODE}")
        conditions = answer.body["status"]["conditions"] if answer.status == 200 else []
        return any(it["type"] == "Ready" and it["status"] == "True" for it in conditions)

    def _kubeconfig(self, name: str, user: dict[str, str]) -> Path:
        text = files.kubeconfig(self.api.url, Path(self.api.ca_file), user)
        return self._file(f"{name}.kubeconfig", text)

    def _run(self, name: str, *arguments: str) -> Process:
        process = Process([str(self.programs[name]), *arguments], self._scratch / f"{name}.log")
        self._stack.callback(process.stop)
        return process

    def _file(self, name: str, text: str) -> Path:
        file = self._scratch / name
        file.touch(0o600)
        file.write_text(text, encoding="utf-8")
        return file


def _bridge() -> None:
    """The pods' network, made before the control plane, which listens at its address."""
    for line in (
        f"link add {files.BRIDGE} type bridge",
        f"address add {files.GATEWAY}/24 dev {files.BRIDGE}",
        f"link set {files.BRIDGE} up",
        # kube-proxy rewrites what goes to a Service, but only what has a way to go
        f"route add {files.SERVICES} dev {files.BRIDGE}",
    ):
        command_output(["ip", *line.split()])
