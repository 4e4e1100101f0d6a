"""The images as they are stored: small, without what they do not need, and the same each time."""

import json
import os
import re
import struct
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.image import bill, size
from initsync import __version__
from initsync.cli.progress import Progress
from tests import docs_licences
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
    declared = {"LICENSE", "sbom.cdx.json"}
    assert {top for top in tops if "dist-info" not in top} - declared == {"initsync", "yaml"}
    assert {"usr/local/bin/jasm-init", "usr/local/bin/jasm-wait"} <= names
    for stranger in ("initsync/cli", "initsync/testing", "initsync/demo", "initsync/doctor"):
        assert not [name for name in names if stranger in name]
    aws = ("providers/aws/secretsmanager", "providers/aws/container", "providers/aws/paths")
    for needed in ("pod/sidecar/loop", "pod/sidecar/pages", *aws):
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
    assert labels["org.opencontainers.image.version"] == __version__
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_the_commands_need_no_shell(archives: dict[str, Path]) -> None:
    found = files(archives["init"])

    for name in ("jasm-init", "jasm-wait"):
        first = found[f"usr/local/bin/{name}"].splitlines()[0]
        assert first.startswith(b"#!/usr/")
        assert first.endswith(b"python3 -IS")
    assert config(archives["init"])["config"]["Entrypoint"] == ["jasm-init"]


def components(archive: Path) -> dict[str, Any]:
    """Of its bill of materials, by package URL."""
    return {one["bom-ref"]: one for one in json.loads(bill.of(archive))["components"]}


@pytest.mark.parametrize("target", TARGETS)
def test_the_bill_of_materials_lists_what_is_in_the_image_and_nothing_else(
    archives: dict[str, Path], target: str
) -> None:
    found = files(archives[target])
    installed = {name.split("/")[2] for name in found if ".dist-info/METADATA" in name}

    listed = components(archives[target])
    python = {name for name in listed if name.startswith("pkg:pypi/")}
    assert {name.removeprefix("pkg:pypi/").replace("@", "-") for name in python} == {
        name.removesuffix(".dist-info").replace("_", "-") for name in installed
    }
    assert {f"pkg:deb/debian/{name}" for name in ("libc6", "openssl", "python3")} <= {
        name.partition("@")[0] for name in listed
    }


@pytest.mark.parametrize("target", TARGETS)
def test_the_bill_of_materials_is_valid_and_has_a_hash_and_a_licence_of_each_part(
    archives: dict[str, Path], target: str
) -> None:
    text = bill.of(archives[target]).decode()

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    parts = components(archives[target]).values()
    packages = [one for one in parts if one["type"] != "operating-system"]
    assert [one["name"] for one in packages if not one.get("licenses")] == []
    assert [it["name"] for it in packages if not (it.get("hashes") or it.get("properties"))] == []
    assert all(one.get("hashes") for one in packages if one["purl"].startswith("pkg:pypi/"))
    assert json.loads(text)["metadata"]["component"]["name"] == f"jasm-{target}"


def test_the_image_for_people_has_the_packages_of_the_licences_page(
    archives: dict[str, Path],
) -> None:
    shipped = {one.name for one in docs_licences.shipped() if "full" in one.images}
    listed = {one["name"] for one in components(archives["full"]).values()}
    assert {"boto3", "click", "kubernetes", "pyyaml"} <= listed & shipped
    assert len(shipped - listed) <= 1  # typing-extensions, which newer Pythons do not need


@pytest.mark.parametrize("target", TARGETS)
def test_the_licences_are_in_the_image_too(archives: dict[str, Path], target: str) -> None:
    found = files(archives[target])
    packages = {name.split("/")[2] for name in found if ".dist-info/METADATA" in name}

    texts = [name for name in found if re.search(r"LICEN[CS]E|COPYING", name, re.IGNORECASE)]
    assert "opt/jasm/LICENSE" in texts
    assert {it for it in packages if not any(f"/{it}/" in name for name in texts)} == set()


def test_the_same_sources_make_the_same_image(archives: dict[str, Path], tmp_path: Path) -> None:
    builder = Builder(os.environ, Progress(sys.stderr))

    builder.build(tmp_path, ["init"])

    assert size.layers(tmp_path / "init.tar") == size.layers(archives["init"])
    assert config(tmp_path / "init.tar") == config(archives["init"])
    assert (tmp_path / "init.cdx.json").read_bytes() == bill.of(archives["init"])
