"""The certificate as an API server would judge it."""

import base64
import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from initsync.doctor import certificate
from initsync.doctor.installation import ServiceRef
from injector.certs.issue import self_signed

NOW = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
TO = ServiceRef("jasm-system", "jasm-injector")
HOST = "jasm-injector.jasm-system.svc"


def encoded(*pems: bytes) -> str:
    return base64.b64encode(b"".join(pems)).decode()


def judged(chain: str, *bundles: str, now: datetime.datetime = NOW) -> str:
    secret: Any = {"metadata": {"namespace": "n", "name": "tls"}, "data": {"tls.crt": chain}}
    return str(certificate.check(secret, bundles, TO, now))


def made(place: Path, days: int = 30) -> tuple[str, str]:
    ca, leaf, _ = self_signed(place, [HOST], NOW, days)
    return encoded(ca.read_bytes()), encoded(leaf.read_bytes())


class Signer:
    """A CA, or who is signed by one."""

    def __init__(self, name: str, by: "Signer | None" = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = by or self
        builder = x509.CertificateBuilder(issuer.name, self.name, self.key.public_key())
        names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
        builder = builder.add_extension(names, critical=False).serial_number(1)
        builder = builder.not_valid_before(NOW - DAY).not_valid_after(NOW + 90 * DAY)
        signed = builder.sign(issuer.key, hashes.SHA256())
        self.pem = signed.public_bytes(serialization.Encoding.PEM)


def test_one_of_its_own_ca_is_good(tmp_path: Path) -> None:
    ca, leaf = made(tmp_path)

    assert judged(leaf, ca, ca).startswith("ok      certificate: that in Secret n/tls is valid")


def test_while_the_ca_changes_old_and_new_are_in_the_bundle(tmp_path: Path) -> None:
    ca, leaf = made(tmp_path / "new")
    old, _ = made(tmp_path / "old")
    both = encoded(base64.b64decode(old), base64.b64decode(ca))

    assert judged(leaf, both).startswith("ok")
    assert judged(leaf, both, old).startswith("failed")


def test_a_certificate_that_is_its_own_ca_is_good() -> None:
    """As cert-manager's SelfSigned issuer makes them."""
    own = encoded(Signer("own").pem)

    assert judged(own, own).startswith("ok")


def test_an_intermediate_ca_comes_with_the_certificate() -> None:
    root = Signer("root")
    between = Signer("between", root)
    leaf = Signer("leaf", between)

    assert judged(encoded(leaf.pem, between.pem), encoded(root.pem)).startswith("ok")
    assert "is signed by no valid CA" in judged(encoded(leaf.pem), encoded(root.pem))


def test_a_ca_of_the_same_name_and_another_key_is_another() -> None:
    leaf = Signer("leaf", Signer("ca"))

    assert "is signed by no valid CA" in judged(encoded(leaf.pem), encoded(Signer("ca").pem))


def test_its_times(tmp_path: Path) -> None:
    ca, leaf = made(tmp_path, 100)

    def at(days: int) -> str:
        return judged(leaf, ca, now=NOW + days * DAY)

    assert at(74).startswith("ok")
    assert at(76).startswith("warning certificate: that in Secret n/tls is valid for 24d; its ren")
    assert "ended at 2027-04-11T00:00:00Z; renew it" in at(101)
    assert "is not valid before 2026-12-31T23:00:00Z" in at(-2)
