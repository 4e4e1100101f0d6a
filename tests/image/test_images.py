"""The images as they are stored: small, without what they do not need, and the same each time."""

import json
import os
import struct
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from deploy.image import size
from initsync.testing.controlplane.progress import Progress
from tests.node.images import TARGETS, Builder

LIMIT = 25.0  # MB above the base
UNCHECKED_HASH = 0b01  # PEP 552


def config(archive: Path) -> Any:
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
        return json.load(tar.extractfile(manifest[0]["Config"]))  # type: ignore[arg-type]


def files(archive: Path) -> dict[str, bytes]:
    """What the last layer adds, by path."""
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
        last = tar.extractfile(manifest[0]["Layers"][-1])
        with tarfile.open(fileobj=last) as layer:
            members = [member for member in layer if member.isfile()]
            return {it.name: layer.extractfile(it).read() for it in members}  # type: ignore[union-attr]


def test_the_pods_image_adds_little_to_its_base(
    archives: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert size.main([str(archives["init"]), "--limit", str(LIMIT)]) == 0

    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("MB  base, 1 layers")
    assert len(said) == 1 + len(size.added(size.layers(archives["init"]))) + 1


def test_too_large_an_image_fails(archives: dict[str, Path]) -> None:
    assert size.main([str(archives["init"]), "--limit", "0.1"]) == 1


def test_an_image_of_others_is_refused(archives: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="not made by JASM's Dockerfile"):
        size.main([str(archives["base"])])


def test_the_pods_image_has_what_the_pod_path_imports_and_nothing_else(
    archives: dict[str, Path],
) -> None:
    names = {name for name in files(archives["init"]) if "__pycache__" not in name}

    tops = {name.removeprefix("opt/jasm/").split("/")[0] for name in names if "opt/jasm" in name}
    assert tops == {"initsync", "yaml"}
    assert {"usr/local/bin/jasm-init", "usr/local/bin/jasm-wait"} <= names
    for stranger in ("initsync/cli", "initsync/testing", "initsync/demo", "initsync/check"):
        assert not [name for name in names if stranger in name]
    for needed in ("sidecar", "sidecarpages", "providers/aws_secretsmanager", "aws/container"):
        assert f"opt/jasm/initsync/{needed}.py" in names


@pytest.mark.parametrize("target", TARGETS)
def test_every_module_is_compiled_and_never_checked_again(
    archives: dict[str, Path], target: str
) -> None:
    """So that a read-only root costs nothing, and no file's time matters."""
    found = files(archives[target])
    sources = {name for name in found if name.endswith(".py") and name.startswith("opt/jasm")}
    compiled = {name: data for name, data in found.items() if name.endswith(".pyc")}

    assert len([name for name in compiled if name.startswith("opt/jasm")]) == len(sources)
    flags = {struct.unpack("<I", data[4:8])[0] for data in compiled.values()}
    assert flags == {UNCHECKED_HASH}


@pytest.mark.parametrize("target", TARGETS)
def test_it_runs_as_nobody_and_says_what_it_is(archives: dict[str, Path], target: str) -> None:
    said = config(archives[target])

    assert said["config"]["User"] == "65532:65532"
    labels = said["config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == f"jasm-{target}"
    assert labels["org.opencontainers.image.version"] == "0.1.0"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_the_commands_need_no_shell(archives: dict[str, Path]) -> None:
    found = files(archives["init"])

    for name in ("jasm-init", "jasm-wait"):
        first = found[f"usr/local/bin/{name}"].splitlines()[0]
        assert first.startswith(b"#!/usr/")
        assert first.endswith(b"python3 -IS")
    assert config(archives["init"])["config"]["Entrypoint"] == ["jasm-init"]


def test_the_same_sources_make_the_same_image(archives: dict[str, Path], tmp_path: Path) -> None:
    builder = Builder(os.environ, Progress(sys.stderr))

    builder.build(tmp_path, ["init"])

    assert size.layers(tmp_path / "init.tar") == size.layers(archives["init"])
    assert config(tmp_path / "init.tar") == config(archives["init"])
