"""The Go programs of `webhook/`, built into the user's cache under a name made of their sources."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from initsync.testing.controlplane import toolchain
from initsync.testing.controlplane.gobuild import cache_directory
from initsync.testing.controlplane.progress import Progress, run

SOURCES = Path(__file__).with_name("webhook")
_FLAGS = ["-trimpath", "-ldflags", "-s -w"]


class Programs(NamedTuple):
    """Executable files."""

    webhook: Path
    load: Path


def find_or_build(env: Mapping[str, str], progress: Progress) -> Programs:
    """Both programs of these very sources. Raises MissingToolchain and Failed."""
    cache = cache_directory(env)
    directory = cache / f"bench-{key(SOURCES)}"
    programs = Programs(*(directory / name for name in Programs._fields))
    if not all(os.access(program, os.X_OK) for program in programs):
        directory.mkdir(parents=True, exist_ok=True)
        go = toolchain.find_or_install(env, cache, SOURCES / "go.mod", progress)
        _build(go, directory, env, progress)
    return programs


def key(sources: Path) -> str:
    """The same for the same names and contents, and for no other."""
    files = sorted([*sources.rglob("*.go"), sources / "go.mod"])
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(sources)} {content}\n".encode())
    return digest.hexdigest()[:16]


def _build(go: Path, directory: Path, env: Mapping[str, str], progress: Progress) -> None:
    """Build beside the place and rename: half a program is never found."""
    with tempfile.TemporaryDirectory(prefix=".build-", dir=directory) as work:
        environment = toolchain.environment(env) | {"CGO_ENABLED": "0"}
        command = [str(go), "build", *_FLAGS, "-o", f"{work}/", "./..."]
        run(command, "build the Go programs of the load benchmark", environment, SOURCES, progress)
        for name in Programs._fields:
            (Path(work) / name).replace(directory / name)
