"""Limits of CPU time and memory for measured programs, as a kubelet sets them: cgroup v1 or v2, as
root."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PERIOD = 100_000  # microseconds, the kubelet's own
MEMBERS = "cgroup.procs"
_ROOT = Path("/sys/fs/cgroup")
_GONE = 5.0  # seconds that a killed member may take to leave


class Unavailable(Exception):
    """There is no such limit to be had here; the sentence says why."""


@contextmanager
def limited(cpus: float, root: Path = _ROOT, name: str = "one") -> Iterator[Path]:
    """The file by which a process joins a group of that many CPUs; the group ends with the block.

    `name` tells it from others of this process. Raises Unavailable.
    """
    quota = round(cpus * PERIOD)
    old = {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(quota)}
    with _group(root, "cpu", name, old, {"cpu.max": f"{quota} {PERIOD}"}) as members:
        yield members


@contextmanager
def of_memory(size: int, root: Path = _ROOT, name: str = "one") -> Iterator[Path]:
    """Likewise, a group of `size` bytes: the kernel kills a member where there would be more."""
    old = {"memory.limit_in_bytes": str(size)}
    new = {"memory.max": str(size), "memory.swap.max": "0"}
    with _group(root, "memory", name, old, new) as members:
        yield members


def joining(members: Path) -> Sequence[str]:
    """What comes before a command that is to be a member from its first byte on."""
    return ("sh", "-c", 'echo $$ > "$0" && exec "$@"', str(members))


@contextmanager
def _group(
    root: Path, controller: str, name: str, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Path]:
    """`old` and `new`: the files that limit it, of cgroup v1 and v2."""
    try:
        place, limits = _placed(root, controller, old, new)
        group = place / f"jasm-bench-{os.getpid()}-{name}"
        group.mkdir()
    except OSError as error:
        raise Unavailable(f"no cgroup of our own ({error}): that needs root") from error
    try:
        for file, text in limits.items():
            _write(group / file, text)
        yield group / MEMBERS
    finally:
        _remove(group)


def _placed(
    root: Path, controller: str, old: Mapping[str, str], new: Mapping[str, str]
) -> tuple[Path, Mapping[str, str]]:
    """Where the group is to be, and the files that limit it."""
    if any((root / controller / file).exists() for file in old):
        return root / controller, old
    controllers = root / "cgroup.controllers"
    if not controllers.exists() or controller not in controllers.read_text().split():
        raise Unavailable(f"{root} has no cgroups that limit {controller}")
    # In a container this is refused (its own processes are in this group): told as it is.
    _write(root / "cgroup.subtree_control", f"+{controller}")
    return root, new


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
