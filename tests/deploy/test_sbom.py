"""An image's bill of materials: what is in it, by hash and licence, in CycloneDX's own schema."""

import io
import json
import re
import subprocess
import tarfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.image import bill, distro, licences, sbom
from initsync import __version__

IMAGES = Path(__file__).parents[2] / "docs/images.md"
STATUS = """Package: libssl3
Status: install ok installed
Architecture: amd64
Version: 3.5.1-1
Description: one line
 and more of it

Package: removed
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: tzdata
Status: install ok installed
Architecture: all
Version: 2026b-0
"""
DEP5 = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: Apache-2.0
 its text

Files: debian/*
License: GPL-2+
"""
APK = """C:Q1VtkQXMJuLdHVj1TWw58Fby0w0LA=
P:musl
V:1.2.5-r9
A:x86_64
L:MIT
T:the musl c library

"""
REPORT = {
    "install": [
        {
            "metadata": {"name": "PyYAML"},
            "download_info": {"archive_info": {"hashes": {"sha256": "ab" * 32}}},
        }
    ]
}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    files = {
        "etc/os-release": 'ID=debian\nVERSION_ID="13"\n',
        "var/lib/dpkg/status": STATUS,
        "var/lib/dpkg/info/libssl3:amd64.md5sums": "d41d8  usr/lib/libssl.so.3\n",
        "usr/share/doc/libssl3/copyright": DEP5,
    }
    return write(tmp_path / "debian", files)


def valid(text: str) -> bool:
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert problem is None, problem
    return True


def test_debians_packages_have_their_licences_and_the_hash_of_their_files(debian: Path) -> None:
    ssl, tzdata = distro.packages(debian)

    assert ssl[:4] == ("deb", "libssl3", "3.5.1-1", "amd64")
    assert ssl.licences == ("Apache-2.0", "GPL-2+")
    assert ssl.hashed == "deb:md5sums:sha256"
    assert len(ssl.digest) == 64
    assert tzdata.licences == ("see /usr/share/doc/tzdata/copyright",)
    assert tzdata.digest == ""


def test_a_copyright_file_in_prose_is_read_for_the_licences_that_it_points_to(debian: Path) -> None:
    prose = "can be found in `/usr/share/common-licenses/LGPL-2.1'."
    write(debian, {"usr/share/doc/tzdata/copyright": prose})

    assert distro.packages(debian)[1].licences == ("LGPL-2.1",)


def test_distroless_images_have_a_file_a_package(tmp_path: Path) -> None:
    one = "Package: base-files\nArchitecture: amd64\nVersion: 13\n"
    files = {"status.d/base-files": one, "status.d/base-files.md5sums": "00  etc/issue\n"}
    root = write(tmp_path, {f"var/lib/dpkg/{name}": text for name, text in files.items()})

    (found,) = distro.packages(root)

    assert found[:3] == ("deb", "base-files", "13")
    assert found.digest


@pytest.mark.parametrize("place", ["lib", "usr/lib"])
def test_alpines_packages_are_found(tmp_path: Path, place: str) -> None:
    root = write(tmp_path, {f"{place}/apk/db/installed": APK})

    (found,) = distro.packages(root)

    assert found[:5] == ("apk", "musl", "1.2.5-r9", "x86_64", ("MIT",))
    assert found.hashed == "apk:control:sha1"
    assert len(found.digest) == 40


def test_a_base_that_says_nothing_is_said_to_have_no_list(tmp_path: Path) -> None:
    (system,) = sbom.of_base(tmp_path)

    assert system.name == "unknown"
    assert [(it.name, it.value) for it in system.properties] == [("jasm:packages", "0")]


def test_the_bill_is_cyclonedx_and_the_same_each_time(debian: Path) -> None:
    first = sbom.bill("jasm-init", list(sbom.of_base(debian)), "0" * 64, 7)
    second = sbom.bill("jasm-init", list(reversed(list(sbom.of_base(debian)))), "0" * 64, 7)

    assert valid(first)
    assert first == second
    document = json.loads(first)
    assert document["metadata"]["timestamp"] == "1970-01-01T00:00:07+00:00"
    assert document["metadata"]["component"]["version"] == __version__
    assert {one["name"] for one in document["components"]} == {"debian", "libssl3", "tzdata"}


def test_another_content_has_another_serial_number(debian: Path) -> None:
    parts = list(sbom.of_base(debian))

    numbers = {
        json.loads(sbom.bill(name, parts, "0" * 64, 7))["serialNumber"] for name in ("a", "b")
    }

    assert len(numbers) == 2


def test_a_package_has_the_hash_of_the_wheel_that_was_installed(tmp_path: Path) -> None:
    root, report, library = tmp_path / "out", tmp_path / "report.json", tmp_path / "library"
    write(root, {"opt/jasm/initsync/keys.py": "A = 1\n"})
    write(library, {"pyyaml-6.0.3.dist-info/METADATA": "Name: PyYAML\nVersion: 6\nLicense: MIT\n"})
    report.write_text(json.dumps(REPORT))

    sbom.main("jasm-init", library, report, root)

    text = (root / bill.PLACE).read_text()
    assert valid(text)
    found: Any = {one["bom-ref"]: one for one in json.loads(text)["components"]}
    assert found["pkg:pypi/pyyaml@6"]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert found["pkg:pypi/pyyaml@6"]["licenses"] == [{"license": {"id": "MIT"}}]


def test_our_own_files_are_hashed_as_the_page_says(tmp_path: Path) -> None:
    app = tmp_path / "opt/jasm"
    files = ("initsync/cli/main.py", "initsync/cli/a.py", "initsync/a-b.py", "injector/x.py")
    write(app, {name: f"# {name}\n" for name in files})
    (row,) = re.findall(r"`cd /opt/jasm && (find .*sha256sum)`", IMAGES.read_text())

    printed = subprocess.check_output(row.replace("\\|", "|"), shell=True, cwd=app, text=True)

    assert printed.split()[0] == sbom.files_digest(tmp_path)
    write(app, {"injector/x.py": "changed"})
    assert printed.split()[0] != sbom.files_digest(tmp_path)


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: MIT AND ISC\nLicense: something", "MIT AND ISC"),
        ("License: Apache License 2.0", "Apache-2.0"),
        ("License: Their Own\n  words", "Their Own"),
        ("Summary: none", "unknown"),
    ],
)
def test_a_licence_is_taken_as_the_package_says_it(
    tmp_path: Path, fields: str, licence: str
) -> None:
    write(tmp_path, {"x-1.dist-info/METADATA": f"Name: x\nVersion: 1\n{fields}\n"})

    (package,) = metadata.distributions(path=[str(tmp_path)])

    assert licences.of(package) == licence


def layer(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return target.getvalue()


@pytest.mark.parametrize("lowest", [b"base", None])
def test_it_is_taken_out_of_an_image_as_a_file(tmp_path: Path, lowest: bytes | None) -> None:
    layers = {"0": layer({"x": b"base"}), "1": layer({bill.PLACE: b"{}"} if lowest else {})}
    manifest = json.dumps([{"Layers": list(layers)}]).encode()
    (tmp_path / "i.tar").write_bytes(layer(layers | {"manifest.json": manifest}))

    if lowest:
        assert bill.of(tmp_path / "i.tar") == b"{}"
    else:
        with pytest.raises(LookupError, match="has no /opt/jasm/sbom"):
            bill.of(tmp_path / "i.tar")


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_a_file_that_is_no_image_is_told_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "i.tar"
    if content:
        file.write_bytes(content)

    with pytest.raises(SystemExit, match=r"^error: .*(No such file|could not be opened)"):
        bill.main([str(file)])
