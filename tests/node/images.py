"""The project's own images, built by its own Dockerfile on a base made here: no registry."""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from initsync.testing.controlplane.gobuild import cache_directory, locked
from initsync.testing.controlplane.progress import Progress, run
from tests.chart.helm import REGISTRY
from tests.node.machine import debian_mirror

ROOT = Path(__file__).parents[2]
TARGETS = ("init", "injector", "full")
SUITE = os.environ.get("BASE_SUITE", "trixie")
"""Of Debian; `forky` has the Python of the images that are released, 3.14, but changes each day."""
_SCRIPT = "/usr/share/debootstrap/scripts/sid"
"""Of all suites of today; debootstrap may be older than the suite, and not know its name."""
BASE = f"localhost/jasm-base:{SUITE}"
"""Also what test pods run, and their sandbox: it sleeps."""
_INCLUDE = "python3,python3-venv,ca-certificates"
_BASE_FILE = """FROM scratch
COPY . /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["sleep", "infinity"]
"""
# Buildah's mounts end with it, also where it is killed.
_OWN_MOUNTS = ("unshare", "--mount", "--propagation", "private")
_STORAGE = """[storage]
driver = "overlay"
graphroot = "{home}/store"
runroot = "{home}/run"
"""
_NOT_NEEDED = (
    *("var/cache/apt", "var/lib/apt/lists", "usr/share/locale"),
    *("usr/share/doc/*/[!c]*", "usr/share/doc/*/c[!o]*"),
)
"""Licences stay (`copyright`), as in Debian's own slim images."""
# So that the build's pip reaches the package index as this machine does.
_LENT = ("/etc/ssl/certs", "/etc/pip.conf")


class Builder:
    """Buildah with a store of its own in the user's cache."""

    def __init__(self, env: Mapping[str, str], progress: Progress) -> None:
        self._progress = progress
        self._home = cache_directory(env) / "images"
        self._home.mkdir(parents=True, exist_ok=True)
        storage = self._home / "storage.conf"
        storage.write_text(_STORAGE.format(home=self._home), encoding="utf-8")
        self._env = {**env, "CONTAINERS_STORAGE_CONF": str(storage), "BUILDAH_ISOLATION": "chroot"}

    def archives(self) -> list[Path]:
        """The base image and ours, as files that `ctr image import` takes."""
        with locked(self._home / "lock", self._progress):
            base = self._base()
            self.build(self._home)
            return [base, *(self._home / f"{target}.tar" for target in TARGETS)]

    def build(self, directory: Path, targets: Sequence[str] = TARGETS, *options: str) -> None:
        """Have ours in `directory` as files TARGET.tar, built as users do. Raises Failed."""
        self._buildah("rm", "--all")  # of a build that was interrupted
        chosen = {"TOOL": "buildah", "TARGETS": " ".join(targets), "SAVE": str(directory)}
        chosen |= {"PREFIX": f"{REGISTRY}/jasm"}  # as the manifests name them
        lent = [f"--volume={path}:{path}:ro" for path in _LENT if os.path.exists(path)]
        command = [*_OWN_MOUNTS, str(ROOT / "deploy/image/build"), "--pull-never", *lent]
        step = f"build the images {' and '.join(targets)}"
        run(command, step, {**self._env, **chosen, "BASE": BASE}, ROOT, self._progress)

    def _base(self) -> Path:
        """Debian with its Python, once for each recipe."""
        recipe = hashlib.sha256(
            f"{SUITE} {_INCLUDE} {_BASE_FILE} {_NOT_NEEDED}".encode()
        ).hexdigest()[:12]
        archive = self._home / f"base-{recipe}.tar"
        if archive.exists():
            return archive
        root = self._home / "base"
        shutil.rmtree(root, ignore_errors=True)
        self._debootstrap(root)
        (root.parent / "Base.Dockerfile").write_text(_BASE_FILE, encoding="ascii")
        options = [f"--file={root.parent / 'Base.Dockerfile'}", f"--tag={BASE}"]
        self._buildah("build", *options, str(root))
        shutil.rmtree(root)
        partial = self._home / "base.partial"
        partial.unlink(missing_ok=True)
        self._buildah("push", "--quiet", BASE, f"docker-archive:{partial}:{BASE}")
        return partial.replace(archive)

    def _buildah(self, *arguments: str) -> None:
        command = [*_OWN_MOUNTS, "buildah", *arguments]
        run(command, f"import {BASE}", self._env, ROOT, self._progress)

    def _debootstrap(self, root: Path) -> None:
        options = ["--variant=minbase", f"--include={_INCLUDE}"]
        command = ["debootstrap", *options, SUITE, str(root), debian_mirror(), _SCRIPT]
        run(command, f"make a base image of Debian {SUITE}", self._env, ROOT, self._progress)
        for found in [found for name in _NOT_NEEDED for found in root.glob(name)]:  # links twice
            shutil.rmtree(found) if found.is_dir() else found.unlink(missing_ok=True)
