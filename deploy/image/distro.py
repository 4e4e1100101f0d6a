"""The packages of the distribution below an image, from its own database: dpkg's or apk's.

https://www.debian.org/doc/debian-policy/ch-controlfields.html
https://wiki.alpinelinux.org/wiki/Apk_spec
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/, or what the text points to.
_LICENCE = re.compile(r"^License:[ \t]*(\S.*?)\s*$", re.MULTILINE)
_COMMON = re.compile(r"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9])")


class Package(NamedTuple):
    """One that is installed."""

    kind: str
    """Of package URLs: `deb`, `apk`. https://github.com/package-url/purl-spec"""
    name: str
    version: str
    architecture: str
    licences: tuple[str, ...]
    """As the distribution writes them."""
    hashed: str
    """What `digest` is of, and how made."""
    digest: str
    """Empty for a package without files."""


def packages(root: Path) -> list[Package]:
    """By name; empty where the distribution has neither database."""
    return sorted({*_dpkg(root), *_apk(root)})


def release(root: Path) -> dict[str, str]:
    """The distribution by the names of os-release(5); empty where it does not say."""
    file = root / "etc/os-release"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: value.strip("\"'") for name, _, value in pairs}


def _dpkg(root: Path) -> Iterator[Package]:
    database = root / "var/lib/dpkg"
    distroless = (file for file in database.glob("status.d/*") if file.suffix != ".md5sums")
    for file in (database / "status", *distroless):
        for fields in _stanzas(file, ": "):
            if fields.get("Status", "installed").endswith("installed"):
                yield _deb(root, fields)


def _deb(root: Path, fields: dict[str, str]) -> Package:
    name, machine = fields["Package"], fields["Architecture"]
    full = (f"info/{name}", f"info/{name}:{machine}", f"status.d/{name}")
    lists = (root / f"var/lib/dpkg/{one}.md5sums" for one in full)
    digest = next((_sha256(file) for file in lists if file.exists()), "")
    licences = _debian_licences(root, f"/usr/share/doc/{name}/copyright")
    hashed = "deb:md5sums:sha256"  # that list is in the .deb, too: dpkg-deb -I
    return Package("deb", name, fields["Version"], machine, licences, hashed, digest)


def _debian_licences(root: Path, file: str) -> tuple[str, ...]:
    copyright_file = root / file.lstrip("/")
    text = copyright_file.read_text("utf-8", "replace") if copyright_file.exists() else ""
    found = set(_LICENCE.findall(text)) or set(_COMMON.findall(text)) or {f"see {file}"}
    return tuple(sorted(found))


def _apk(root: Path) -> Iterator[Package]:
    for directory in ("lib", "usr/lib"):
        for fields in _stanzas(root / directory / "apk/db/installed", ":"):
            name, version, machine, licence, checksum = (fields.get(key, "") for key in "PVALC")
            digest = base64.b64decode(checksum.removeprefix("Q1")).hex()
            yield Package("apk", name, version, machine, (licence,), "apk:control:sha1", digest)


def _stanzas(file: Path, mark: str) -> Iterator[dict[str, str]]:
    """Of each its fields of one line; the first of a name counts."""
    text = file.read_text("utf-8", "replace") if file.is_file() else ""
    for stanza in text.split("\n\n"):
        lines = [line.partition(mark) for line in stanza.splitlines() if line[:1].isalnum()]
        if lines:
            yield {name: value for name, _, value in reversed(lines)}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
