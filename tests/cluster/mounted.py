"""A mounted certificate as the kubelet shows it, and the one that a server gives."""

import os
import ssl
import time
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509

from initsync.testing.pki import Authority, KeyPair


def mount(directory: Path, authority: Authority, pair: KeyPair, key: Path | None = None) -> None:
    """Show a pair."""
    parts = {"tls.crt": pair.certificate, "tls.key": key or pair.key, "ca.crt": authority.ca}
    show(directory, {name: file.read_bytes() for name, file in parts.items()})


def show(directory: Path, data: Mapping[str, bytes]) -> None:
    """As the kubelet does: a new folder, and one symbolic link that is swapped."""
    version = directory / f"..{time.monotonic_ns()}"
    version.mkdir(parents=True)
    for name, value in data.items():
        (version / name).write_bytes(value)
    (directory / "..new").symlink_to(version.name)
    os.replace(directory / "..new", directory / "..data")
    for name in data:
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(f"..data/{name}")


def serial(pair: KeyPair) -> int:
    """The serial number of the certificate in a file."""
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes()).serial_number


def served(url: str) -> int:
    """The serial number of the certificate that a new connection gets."""
    host, port = url.removeprefix("https://").partition("/")[0].split(":")
    pem = ssl.get_server_certificate((host, int(port)), timeout=10)
    return x509.load_pem_x509_certificate(pem.encode()).serial_number
