"""Namespaces in which a node can be started without touching the machine around it.

Network, mounts, processes, IPC and host name are its own, so links, rules, mounts and processes
end with the first process, however it ends. Only cgroups are the machine's, one folder of each
controller, and removed at the end. https://man7.org/linux/man-pages/man7/namespaces.7.html
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
_UNSHARE = (
    "unshare --net --mount --pid --ipc --uts --fork --kill-child --mount-proc --propagation private"
)
# What a kubelet, containerd and CNI write under fixed names.
_PRIVATE = ("/var/log", "/var/lib/kubelet", "/var/lib/cni", "/run")
_DEADLINE = 20.0


def run(command: Sequence[str], env: Mapping[str, str], scratch: Path, cgroup: str) -> int:
    """Run `command` in there; its exit code. SIGTERM to us ends all of it at once.

    Ctrl-C reaches the terminal's whole group, so the command ends by itself then.
    """
    first = [sys.executable, "-m", "tests.node.first", str(scratch), *command]
    outside = subprocess.Popen([*_UNSHARE.split(), *first], env=dict(env))
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: outside.kill())
    try:
        return outside.wait()
    finally:
        outside.kill()
        outside.wait()
        remove_cgroups(cgroup)


def remove_cgroups(name: str, root: Path = CGROUPS, deadline: float = _DEADLINE) -> None:
    """Remove `name` and all below it of each controller; its processes are ending."""
    end = time.monotonic() + deadline
    for controller in sorted(root.iterdir()):
        top = controller / name
        if controller.is_symlink() or not top.is_dir():
            continue
        for directory, _, _ in os.walk(top, topdown=False):
            _remove(Path(directory), end)


def _remove(directory: Path, end: float) -> None:
    while True:
        try:
            return directory.rmdir()
        except FileNotFoundError:
            return None
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def make_private(scratch: Path) -> None:
    """Within: give the fixed places to `scratch`, and start the network's loopback."""
    for place in _PRIVATE:
        own = scratch / place.strip("/").replace("/", "-")
        own.mkdir(parents=True, exist_ok=True)
        Path(place).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", str(own), place], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
