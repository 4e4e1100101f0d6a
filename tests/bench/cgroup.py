"""A limit of CPU time for measured programs, as a kubelet sets it: cgroup v1 or v2, as root."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PERIOD = 100_000  # microseconds, the kubelet's own
MEMBERS = "cgroup.procs"
_GONE = 5.0  # seconds that a killed member may take to leave


class Unavailable(Exception):
    """There is no such limit to be had here; the sentence says why."""


@contextmanager
def limited(cpus: float, root: Path = Path("/sys/fs/cgroup"), name: str = "one") -> Iterator[Path]:
    """The file by which a process joins a group of that many CPUs; the group ends with the block.

    `name` tells it from others of this process. Raises Unavailable.
    """
    quota = round(cpus * PERIOD)
    try:
        group, limits = _placed(root, f"jasm-bench-{os.getpid()}-{name}", quota)
        group.mkdir()
    except OSError as error:
        raise Unavailable(f"no cgroup of our own ({error}): that needs root") from error
    try:
        for file, text in limits.items():
            _write(group / file, text)
        yield group / MEMBERS
    finally:
        _remove(group)


def _placed(root: Path, name: str, quota: int) -> tuple[Path, dict[str, str]]:
    """Where the group is to be, and the files that limit it."""
    old = root / "cpu"
    if (old / "cpu.cfs_quota_us").exists():
        limits = {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(quota)}
        return old / name, limits
    controllers = root / "cgroup.controllers"
    if not controllers.exists() or "cpu" not in controllers.read_text().split():
        raise Unavailable(f"{root} has no cgroups that limit CPU time")
    # In a container this is refused (its own processes are in this group): told as it is.
    _write(root / "cgroup.subtree_control", "+cpu")
    return root / name, {"cpu.max": f"{quota} {PERIOD}"}


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="ascii")
    except OSError as error:
        raise Unavailable(f"cannot write {file} ({error.strerror})") from error


def _remove(group: Path) -> None:
    deadline = time.monotonic() + _GONE
    while True:
        try:
            group.rmdir()
        except OSError:  # a member is about to end
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
