"""The project's own images, built by its own Dockerfile on a base made here: no registry."""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from initsync.testing.controlplane.gobuild import cache_directory, locked
from initsync.testing.controlplane.progress import Progress, run
from tests.node.machine import debian_mirror

ROOT = Path(__file__).parents[2]
TARGETS = ("init", "injector")
TAG = "0.1.0"
"""What deploy/ names."""
SUITE = "trixie"
BASE = f"localhost/jasm-base:{SUITE}"
"""Also what test pods run, and their sandbox: it sleeps."""
_INCLUDE = "python3,python3-venv,ca-certificates"
_BASE_FILE = """FROM scratch
COPY . /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["sleep", "infinity"]
"""
_NOT_NEEDED = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale")
# So that the build's pip reaches the package index as this machine does.
_LENT = ("/etc/ssl/certs", "/etc/pip.conf")


class Builder:
    """Buildah with a store of its own in the user's cache."""

    def __init__(self, env: Mapping[str, str], progress: Progress) -> None:
        self._env, self._progress = env, progress
        self._home = cache_directory(env) / "images"
        self._home.mkdir(parents=True, exist_ok=True)

    def archives(self) -> list[Path]:
        """The base image and ours, as files that `ctr image import` takes."""
        with locked(self._home / "lock", self._progress):
            base = self._base()
            return [base, *(self._ours(target) for target in TARGETS)]

    def buildah(self, *arguments: str, step: str, directory: Path = ROOT) -> None:
        """One of its commands. Raises progress.Failed."""
        # vfs needs no overlay mounts, so it works in a container too, but copies every layer.
        store = ["--root", str(self._home / "store"), "--runroot", str(self._home / "run")]
        command = ["buildah", *store, "--storage-driver", "overlay", *arguments]
        run(command, step, self._env, directory, self._progress)

    def build(self, target: str, tag: str, *options: str) -> None:
        """One target of the Dockerfile. Raises progress.Failed."""
        lent = [f"--volume={path}:{path}:ro" for path in _LENT if os.path.exists(path)]
        fixed = ["--isolation=chroot", "--pull-never", "--layers", "--timestamp=0"]
        named = [f"--build-arg=BASE={BASE}", f"--target={target}", f"--tag={tag}"]
        self.buildah("bud", *fixed, *lent, *named, *options, ".", step=f"build the image {target}")

    def _ours(self, target: str) -> Path:
        tag = f"localhost/jasm/{target}:{TAG}"
        self.build(target, tag)
        return self._saved(tag, f"{target}.tar", f"docker.io/jasm/{target}:{TAG}")

    def _saved(self, tag: str, file: str, name: str) -> Path:
        archive = self._home / file
        archive.unlink(missing_ok=True)
        self.buildah("push", "--quiet", tag, f"docker-archive:{archive}:{name}", step=f"save {tag}")
        return archive

    def _base(self) -> Path:
        """Debian with its Python, once for each recipe."""
        recipe = hashlib.sha256(f"{SUITE} {_INCLUDE} {_BASE_FILE}".encode()).hexdigest()[:12]
        archive = self._home / f"base-{recipe}.tar"
        if archive.exists():
            return archive
        root = self._home / "base"
        shutil.rmtree(root, ignore_errors=True)
        self._debootstrap(root)
        (root.parent / "Base.Dockerfile").write_text(_BASE_FILE, encoding="ascii")
        options = ["--isolation=chroot", f"--file={root.parent / 'Base.Dockerfile'}"]
        self.buildah("bud", *options, f"--tag={BASE}", str(root), step=f"import {BASE}")
        shutil.rmtree(root)
        whole = self._saved(BASE, "base.partial", BASE)
        return whole.replace(archive)

    def _debootstrap(self, root: Path) -> None:
        options = ["--variant=minbase", f"--include={_INCLUDE}"]
        command = ["debootstrap", *options, SUITE, str(root), debian_mirror()]
        run(command, f"make a base image of Debian {SUITE}", self._env, ROOT, self._progress)
        for name in _NOT_NEEDED:
            shutil.rmtree(root / name, ignore_errors=True)


def names(targets: Sequence[str] = TARGETS) -> list[str]:
    """The images as pods name them."""
    return [f"jasm/{target}:{TAG}" for target in targets]
