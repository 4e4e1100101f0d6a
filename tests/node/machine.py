"""Whether this machine can run a node, and the Debian packages for it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from initsync.testing.controlplane.progress import Progress, run

# By package what it brings: a command, or a file that runc is built with.
PACKAGES = {
    "buildah": "buildah",
    "debootstrap": "debootstrap",
    "iptables": "iptables",
    "libseccomp-dev": "/usr/include/seccomp.h",
}


def obstacle(env: Mapping[str, str], platform: str = sys.platform, user: int | None = None) -> str:
    """Why no node can run here; empty where one can."""
    if env.get("NODE") == "skip":
        return "NODE=skip"
    if platform != "linux":
        return f"a kubelet needs Linux, and this is {platform}"
    if (os.geteuid() if user is None else user) != 0:
        return "a kubelet needs root"
    for command in ("unshare", "ip", "mount"):
        if not shutil.which(command, path=env.get("PATH")):
            return f"there is no command {command}"
    if (missing := absent(env)) and not shutil.which("apt-get", path=env.get("PATH")):
        return f"install {', '.join(missing)} first: there is no apt-get to do it"
    return ""


def absent(env: Mapping[str, str]) -> list[str]:
    """The packages that are missing."""
    return [
        name
        for name, brings in PACKAGES.items()
        if not (Path(brings).exists() or shutil.which(brings, path=env.get("PATH")))
    ]


def install(env: Mapping[str, str], progress: Progress) -> None:
    """Have them all. Raises progress.Failed."""
    if missing := absent(env):
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq"]
        quiet = {**env, "DEBIAN_FRONTEND": "noninteractive"}
        run([*apt, "update"], "ask for the lists of packages", quiet, Path("/"), progress)
        command = [*apt, "install", "--no-install-recommends", *missing]
        run(command, f"install {', '.join(missing)}", quiet, Path("/"), progress)


def debian_mirror(sources: Path = Path("/etc/apt")) -> str:
    """Where this machine itself gets its packages from. Raises LookupError."""
    files = [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]
    for file in filter(Path.is_file, files):
        for word in file.read_text(encoding="utf-8").split():
            if word.startswith("http") and word.rstrip("/").endswith("/debian"):
                return word
    raise LookupError(f"no Debian mirror is named in {sources}")


def command_output(command: list[str]) -> str:
    """What a command that must succeed prints. Raises subprocess.CalledProcessError."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
