"""One program built by Go from a pinned module, once, into the user's cache."""

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


class Part(NamedTuple):
    """A program, and how it is built."""

    name: str
    package: str
    """The package's path in Go's module graph."""
    module: Path
    """The folder whose go.mod and go.sum pin it."""
    release: str
    """What it is of, as people and folders have it, such as `controlplane-1.37.2`."""
    flags: tuple[str, ...] = ()
    cgo: bool = False


def cache_directory(env: Mapping[str, str]) -> Path:
    """JASM's folder in the user's cache (XDG base directories)."""
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jasm"


def found(part: Part, env: Mapping[str, str], progress: Progress) -> Path:
    """The executable, built if need be. Raises MissingToolchain and Failed."""
    directory = cache_directory(env) / part.release
    binary = directory / part.name
    if not os.access(binary, os.X_OK):
        directory.mkdir(parents=True, exist_ok=True)
        with locked(directory / "lock", progress):
            if not os.access(binary, os.X_OK):
                _build(part, binary, env, progress)
    return binary


def _build(part: Part, binary: Path, env: Mapping[str, str], progress: Progress) -> None:
    """Build under another name and rename: half a binary is never found."""
    go = toolchain.find_or_install(env, cache_directory(env), part.module / "go.mod", progress)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=binary.parent) as name:
        work = Path(name)  # a copy, for the installed package may be read-only
        shutil.copytree(part.module, work / "go")
        built = work / binary.name
        environment = toolchain.environment(env) | {"CGO_ENABLED": str(int(part.cgo))}
        step = f"build {part.name} of {part.release} (once; minutes on a small machine)"
        command = [str(go), "build", "-trimpath", *part.flags, "-o", str(built), part.package]
        run(command, step, environment, work / "go", progress)
        built.replace(binary)


@contextmanager
def locked(file: Path, progress: Progress) -> Iterator[None]:
    """One build at a time; the kernel frees the lock when its holder ends, however it ends."""
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step("wait for another run that builds the same"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
