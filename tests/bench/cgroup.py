"""A limit of CPU time or memory for programs, as a kubelet sets it: cgroup v1 or v2, as root."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PERIOD = 100_000  # microseconds, the kubelet's own
MEMBERS = "cgroup.procs"
_GONE = 5.0  # seconds that a killed member may take to leave


class Unavailable(Exception):
    """There is no such limit to be had here; the sentence says why."""


class Limit(NamedTuple):
    """What a group may have, by the files of either version of cgroups."""

    controller: str
    what: str
    first: Mapping[str, str]
    second: Mapping[str, str]


def cpu(cores: float) -> Limit:
    """So many."""
    quota = round(cores * PERIOD)
    old = {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(quota)}
    return Limit("cpu", "CPU time", old, {"cpu.max": f"{quota} {PERIOD}"})


def memory(size: int) -> Limit:
    """So many bytes; who wants more is killed."""
    old, new = {"memory.limit_in_bytes": str(size)}, {"memory.max": str(size)}
    return Limit("memory", "memory", old, new)


@contextmanager
def limited(limit: Limit, root: Path = Path("/sys/fs/cgroup"), name: str = "one") -> Iterator[Path]:
    """The file by which a process joins a group with that limit; the group ends with the block.

    `name` tells it from others of this process. Raises Unavailable.
    """
    try:
        group, files = _placed(root, f"jasm-bench-{os.getpid()}-{name}", limit)
        group.mkdir()
    except OSError as error:
        raise Unavailable(f"no cgroup of our own ({error}): that needs root") from error
    try:
        for file, text in files.items():
            _write(group / file, text)
        yield group / MEMBERS
    finally:
        _remove(group)


def _placed(root: Path, name: str, limit: Limit) -> tuple[Path, Mapping[str, str]]:
    """Where the group is to be, and the files that limit it."""
    old = root / limit.controller
    if any((old / file).exists() for file in limit.first) or (old / "cgroup.procs").exists():
        return old / name, limit.first
    controllers = root / "cgroup.controllers"
    if not controllers.exists() or limit.controller not in controllers.read_text().split():
        raise Unavailable(f"{root} has no cgroups that limit {limit.what}")
    # In a container this is refused (its own processes are in this group): told as it is.
    _write(root / "cgroup.subtree_control", f"+{limit.controller}")
    return root / name, limit.second


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
