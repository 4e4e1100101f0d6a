"""A CA and a serving certificate made here, for clusters without cert-manager."""

import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from injector.certs.pair import CA, CERTIFICATE, KEY, Pair

_EARLIER = datetime.timedelta(hours=1)  # API servers whose clock is behind accept it at once

_Builder = x509.CertificateBuilder


def self_signed(
    directory: Path, hosts: Sequence[str], now: datetime.datetime, days: int
) -> list[Path]:
    """Write ca.crt, tls.crt and tls.key for `hosts` (DNS names, IP addresses); their paths.

    The CA's own key is not kept: a new certificate comes with a new CA. Raises FileExistsError
    where one of the files is there, and OSError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = [directory / name for name in (CA, CERTIFICATE, KEY)]
    for file in files:
        if file.exists():
            raise FileExistsError(f"{file} is there already: name another directory")
    pair = issue(hosts, now, days)
    texts = (pair.ca, pair.certificate, pair.key)
    for file, text in zip(files, texts, strict=True):
        _write(file, text, 0o600 if file.name == KEY else 0o644)
    return files


def issue(hosts: Sequence[str], now: datetime.datetime, days: int) -> Pair:
    """A new CA and the one certificate that it ever signs: its own key is forgotten at once.

    A CA's key at rest could make certificates that API servers trust, and would save nothing: a
    renewal takes the same two writes with it. Raises ValueError for a name that is none.
    """
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _authority(ca_key, now, days)
    serving = _serving(ca, ca_key, key, hosts, now, days)
    return Pair(_pem(ca), _pem(serving), _private(key))


def _authority(
    key: ec.EllipticCurvePrivateKey, now: datetime.datetime, days: int
) -> x509.Certificate:
    name = _name("jasm-injector-ca")
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    builder = _keyed(_dated(name, name, now, days), key, key)
    builder = builder.add_extension(constraints, critical=True)
    return builder.add_extension(_signs(), critical=True).sign(key, hashes.SHA256())


def _serving(
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    hosts: Sequence[str],
    now: datetime.datetime,
    days: int,
) -> x509.Certificate:
    purpose = x509.ExtendedKeyUsage([x509.OID_SERVER_AUTH])
    builder = _keyed(_dated(_name("jasm-injector"), ca.subject, now, days), key, ca_key)
    builder = builder.add_extension(_alternative_names(hosts), critical=False).add_extension(
        purpose, critical=False
    )
    return builder.sign(ca_key, hashes.SHA256())


def _keyed(
    builder: _Builder, key: ec.EllipticCurvePrivateKey, issuer: ec.EllipticCurvePrivateKey
) -> _Builder:
    """The builder with the identifiers of RFC 5280, without which Python 3.13 trusts nobody."""
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
    builder = builder.public_key(key.public_key())
    return builder.add_extension(own, critical=False).add_extension(by, critical=False)


def _signs() -> x509.KeyUsage:
    """The key usage of a CA: it signs certificates and lists of revoked ones."""
    return x509.KeyUsage(False, False, False, False, False, True, True, False, False)


def _dated(subject: x509.Name, issuer: x509.Name, now: datetime.datetime, days: int) -> _Builder:
    builder = _Builder(issuer, subject).serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - _EARLIER).not_valid_after(
        now + datetime.timedelta(days=days)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative_names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_host(host) for host in hosts])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(file: Path, text: bytes, mode: int) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        stream.write(text)
