"""A serving certificate, its key and its CA as PEM, and what is wrong with them. Pure."""

import datetime
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from injector.certs.hosts import canonical

CA, CERTIFICATE, KEY = "ca.crt", "tls.crt", "tls.key"
"""The names of the files, and of the keys in a Secret of type kubernetes.io/tls."""

# https://www.rfc-editor.org/rfc/rfc7468#section-2
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\s*", re.DOTALL)


class Pair:
    """PEM as it is stored, good or bad. Its printed form shows no key."""

    __slots__ = ("ca", "certificate", "key")

    def __init__(self, ca: bytes, certificate: bytes, key: bytes) -> None:
        self.ca = ca
        self.certificate = certificate
        self.key = key

    def __repr__(self) -> str:
        return f"Pair({self.certificate!r}, key redacted)"

    def __eq__(self, other: object) -> bool:
        mine = (self.ca, self.certificate, self.key)
        return isinstance(other, Pair) and mine == (other.ca, other.certificate, other.key)

    def __hash__(self) -> int:
        return hash(self.certificate)


class Unusable(ValueError):
    """No API server would accept an injector that serves with it; the text says why."""


class Facts(NamedTuple):
    """What a pair says that can serve now; times are in UTC."""

    ca: str
    """The CA's certificate, PEM as `authorities` writes it."""
    hosts: frozenset[str]
    begins: datetime.datetime
    ends: datetime.datetime

    @property
    def renewal(self) -> datetime.datetime:
        """The time of renewal, at two thirds of the pair's life, as cert-manager's default is."""
        return self.begins + (self.ends - self.begins) * 2 / 3

    def lacks(self, hosts: Collection[str]) -> list[str]:
        """The names among `hosts` that the pair is not for."""
        return sorted(set(hosts) - self.hosts)


def examined(pair: Pair, now: datetime.datetime) -> Facts:
    """What it is good for. Raises Unusable."""
    certificate, ca = _certificate(pair.certificate, "tls.crt"), _certificate(pair.ca, "ca.crt")
    if _public(pair.key) != _spki(certificate.public_key()):
        raise Unusable("tls.key belongs to another certificate")
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        raise Unusable("ca.crt did not sign tls.crt") from None
    begins = max(certificate.not_valid_before_utc, ca.not_valid_before_utc)
    ends = min(certificate.not_valid_after_utc, ca.not_valid_after_utc)
    if now >= ends:
        raise Unusable(f"it ended at {ends:%Y-%m-%dT%H:%M:%SZ}")
    if now < begins:
        raise Unusable(f"it begins only at {begins:%Y-%m-%dT%H:%M:%SZ}")
    return Facts(_pem(ca), frozenset(_hosts(certificate)), begins, ends)


def authorities(bundle: bytes) -> list[str]:
    """Each certificate in a caBundle once, as PEM; what is none is left out."""
    return list(dict.fromkeys(_pem(found) for found in _parsed(bundle)))


def in_force(authority: str, now: datetime.datetime) -> bool:
    """Whether API servers trust that CA's certificate now."""
    found = x509.load_pem_x509_certificate(authority.encode())
    return found.not_valid_before_utc <= now < found.not_valid_after_utc


def _parsed(bundle: bytes) -> Iterator[x509.Certificate]:
    for block in _BLOCK.findall(bundle):
        try:
            yield x509.load_pem_x509_certificate(block)
        except ValueError:
            continue  # what API servers cannot read either


def _certificate(pem: bytes, name: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise Unusable(f"{name} is no certificate") from None


def _public(key: bytes) -> bytes:
    try:
        return _spki(load_pem_private_key(key, None).public_key())
    except (ValueError, TypeError):  # TypeError: it is encrypted
        raise Unusable("tls.key is no key") from None


def _spki(key: PublicKeyTypes) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)


def _hosts(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return
    yield from map(canonical, names.get_values_for_type(x509.DNSName))
    yield from map(str, names.get_values_for_type(x509.IPAddress))


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
