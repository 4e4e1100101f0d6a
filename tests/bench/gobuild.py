"""The Go programs of the benchmarks, built into the user's cache.

The cache's folders have names made of the sources: a changed source is built anew.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from initsync.testing.controlplane.gobuild import Part, found
from initsync.testing.controlplane.progress import Progress

SOURCES = Path(__file__).with_name("webhook")
REFERENCE = Path(__file__).with_name("reference") / "go"
_SMALL = ("-ldflags", "-s -w")


class Programs(NamedTuple):
    """Executable files."""

    webhook: Path
    load: Path


def find_or_build(env: Mapping[str, str], progress: Progress) -> Programs:
    """Both programs of the load benchmark. Raises MissingToolchain and Failed."""
    packages = {"webhook": ".", "load": "./load"}
    parts = (_part(name, package, SOURCES) for name, package in packages.items())
    return Programs(*(found(part, env, progress) for part in parts))


def reference(env: Mapping[str, str], progress: Progress) -> Path:
    """The pod's sync in Go. Raises MissingToolchain and Failed."""
    return found(_part("reference", ".", REFERENCE), env, progress)


def key(sources: Path) -> str:
    """The same for the same names and contents, and for no other."""
    files = sorted([*sources.rglob("*.go"), *sources.glob("go.*")])
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(sources)} {content}\n".encode())
    return digest.hexdigest()[:16]


def _part(name: str, package: str, sources: Path) -> Part:
    return Part(name, package, sources, f"bench-{key(sources)}", _SMALL)
