"""A throw-away certificate authority: ECDSA P-256, valid for a day, files only its owner reads."""

import datetime
import ipaddress
import os
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK = ("127.0.0.1", "localhost")
_LIFETIME = datetime.timedelta(days=1)
_SKEW = datetime.timedelta(hours=1)


class KeyPair(NamedTuple):
    """PEM files, as servers take them."""

    certificate: Path
    key: Path


class Authority:
    """One CA in `directory`, whose certificate is the file `ca`."""

    def __init__(self, directory: Path, name: str = "jasm-testing") -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        usage = x509.BasicConstraints(ca=True, path_length=0)
        signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        built = _builder(self._name, self._name, self._key, self._key)
        built = built.add_extension(usage, critical=True).add_extension(signs, critical=True)
        self.pem = _pem(built.sign(self._key, hashes.SHA256()))
        self.ca = directory / "ca.crt"
        _write(self.ca, self.pem)

    def serving(self, name: str, hosts: tuple[str, ...] = LOOPBACK) -> KeyPair:
        """A server's certificate for `hosts`, DNS names and IP addresses, in files of `name`."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        hosts_named = x509.SubjectAlternativeName([_host(host) for host in hosts])
        builder = _builder(_named(name), self._name, key, self._key).add_extension(
            usage, critical=False
        )
        signed = builder.add_extension(hosts_named, critical=False).sign(self._key, hashes.SHA256())
        pair = KeyPair(self._directory / f"{name}.crt", self._directory / f"{name}.key")
        _write(pair.certificate, _pem(signed))
        write_key(pair.key, key)
        return pair

    def client(self, name: str, group: str) -> KeyPair:
        """A client's certificate: to Kubernetes the user `name` of `group`."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, group),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = _builder(subject, self._name, key, self._key).add_extension(usage, critical=False)
        pair = KeyPair(self._directory / f"{name}.crt", self._directory / f"{name}.key")
        _write(pair.certificate, _pem(builder.sign(self._key, hashes.SHA256())))
        write_key(pair.key, key)
        return pair


def write_key(file: Path, key: ec.EllipticCurvePrivateKey | None = None) -> None:
    """A private key in `file`: the one given, or a new one."""
    pem = (key or ec.generate_private_key(ec.SECP256R1())).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,  # the only one client-go reads back
        serialization.NoEncryption(),
    )
    _write(file, pem.decode())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    """A builder with the identifiers of RFC 5280, without which Python 3.13 trusts nobody."""
    now = datetime.datetime.now(datetime.UTC)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .add_extension(own, critical=False)
        .add_extension(by, critical=False)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _LIFETIME)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _write(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="ascii") as stream:
        stream.write(text)
