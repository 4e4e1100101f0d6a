"""In the image's build: its bill of materials.

`python3 -m deploy.image.sbom NAME LIBRARY REPORT ROOT` writes it as CycloneDX
(https://cyclonedx.org/docs/1.6/json/) to ROOT/opt/jasm/sbom.cdx.json: the packages in LIBRARY with
the hashes of their wheels from pip's REPORT, Python, and the packages of the base, which is the
file system that this runs in. Nothing in it depends on when or where it is made.
"""

import hashlib
import json
import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import DisjunctiveLicense, License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from deploy.image import distro, licences
from deploy.image.bill import PLACE
from initsync import __version__

_NAMESPACE = uuid.UUID("5b1c8f0e-6d4e-4d0a-9c52-2f6b8b4f7a11")
_REMOVED = {"pip"}  # the Dockerfile takes it out of the base


class Interpreter(NamedTuple):
    """The base's Python."""

    prefix: Path
    version: str

    @property
    def program(self) -> Path:
        """The executable file."""
        return self.prefix / f"bin/python{self.version.rpartition('.')[0]}"

    @property
    def site(self) -> Path:
        """Where the base's own packages are."""
        return self.prefix / f"lib/python{self.version.rpartition('.')[0]}/site-packages"


def main(name: str, library: Path, report: Path, root: Path) -> None:
    """Write it into the image whose own files are below `root`."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    python = Interpreter(Path(sys.base_prefix), version)
    base = Path("/")
    installed = metadata.distributions(path=[str(library)])
    parts = [
        *(_wheel(package, wheels(report.read_text("utf-8"))) for package in installed),
        *_python(python),
        *of_base(base),
    ]
    file = root / PLACE
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    file.write_text(bill(name, parts, files_digest(root), epoch), "utf-8")


def wheels(report: str) -> dict[str, str]:
    """SHA-256 by normalized name. https://pip.pypa.io/en/stable/reference/installation-report/"""
    found = json.loads(report)["install"]
    return {
        _normal(one["metadata"]["name"]): one["download_info"]["archive_info"]["hashes"]["sha256"]
        for one in found
    }


def files_digest(root: Path) -> str:
    """SHA-256 of what `sha256sum` prints of our own sources, in the order of their paths."""
    app = root / "opt/jasm"
    sources = (file for top in ("initsync", "injector") for file in (app / top).rglob("*.py"))
    names = sorted(file.relative_to(app).as_posix() for file in sources)
    lines = (f"{_sha256(app / name)}  {name}\n" for name in names)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def bill(name: str, parts: list[Component], digest: str, epoch: int) -> str:
    """The document; its serial number is made of its content."""
    image = Component(
        type=ComponentType.CONTAINER,
        name=name,
        version=__version__,
        bom_ref=name,
        licenses=_licences("Apache-2.0"),
        properties=[Property(name="jasm:files:sha256", value=digest)],
    )
    bom = Bom(components=parts, serial_number=_NAMESPACE)
    bom.metadata.timestamp = datetime.fromtimestamp(epoch, UTC)
    bom.metadata.component = image
    bom.metadata.supplier = OrganizationalEntity(name="JASM")
    bom.register_dependency(image, parts)
    content = JsonV1Dot6(bom).output_as_string()
    bom.serial_number = uuid.uuid5(_NAMESPACE, content)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def of_base(root: Path) -> Iterator[Component]:
    """The distribution and its packages."""
    release = distro.release(root)
    identifier, version = release.get("ID", "unknown"), release.get("VERSION_ID")
    found = distro.packages(root)
    yield Component(
        type=ComponentType.OPERATING_SYSTEM,
        name=identifier,
        version=version,
        bom_ref=f"os:{identifier}",
        properties=[Property(name="jasm:packages", value=str(len(found)))],
    )
    for package in found:
        qualifiers = {"arch": package.architecture, "distro": f"{identifier}-{version}"}
        purl = PackageURL(package.kind, identifier, package.name, package.version, qualifiers)
        hashed = Property(name=package.hashed, value=package.digest)
        yield _component(purl, package.licences, properties=[hashed] if package.digest else [])


def _python(python: Interpreter) -> Iterator[Component]:
    """Python and its packages, where they are not the distribution's and so listed there."""
    if python.prefix == Path("/usr"):
        return
    purl = PackageURL("generic", None, "python", python.version)
    yield _component(purl, ["PSF-2.0"], sha256=_sha256(python.program))
    for package in metadata.distributions(path=[str(python.site)]):
        if _normal(package.name) not in _REMOVED:
            yield _wheel(package, {})


def _wheel(package: metadata.Distribution, hashes: Mapping[str, str]) -> Component:
    name = _normal(package.name)
    purl = PackageURL("pypi", None, name, package.version)
    return _component(purl, [licences.of(package)], sha256=hashes.get(name))


def _component(
    purl: PackageURL,
    licenses: list[str] | tuple[str, ...],
    sha256: str | None = None,
    properties: list[Property] | tuple[Property, ...] = (),
) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        name=purl.name,
        version=purl.version,
        bom_ref=purl.to_string(),
        purl=purl,
        licenses=_licences(*licenses),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else [],
        properties=properties,
    )


def _licences(*said: str) -> list[License]:
    """One is SPDX where it can be; of several each stands for a part of the package."""
    if len(said) == 1:
        return [LicenseFactory().make_from_string(said[0])]
    return [DisjunctiveLicense(name=name) for name in said]


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1], *(Path(argument) for argument in sys.argv[2:5]))
