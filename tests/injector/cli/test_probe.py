"""`jasm-injector check` trusts what API servers trust, and no more. Its ways to fail are tried in
tests/cluster/test_helm_test.py."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from injector.cli import probe
from injector.cli.probe import Entry, ProbeFailed
from tests.injector.running import Injector

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """As contexts are from Python 3.13 on, which is what the image has."""
    usual = ssl.create_default_context

    def stricter(*arguments: Any, **named: Any) -> ssl.SSLContext:
        context = usual(*arguments, **named)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", stricter)


def named(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    by, of = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (issuer, subject)
    )
    builder = x509.CertificateBuilder(by, of, key.public_key(), x509.random_serial_number())
    day = datetime.timedelta(days=1)
    return builder.not_valid_before(NOW - day).not_valid_after(NOW + day)


def by_a_bare_ca(directory: Path, address: str = "127.0.0.1") -> bytes:
    """A pair as a short openssl.cnf makes it, without key usage and identifiers; its CA."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = named("ca", "ca", ca_key).add_extension(x509.BasicConstraints(True, None), True)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    leaf = named("localhost", "ca", key).add_extension(names, False)
    pem = serialization.Encoding.PEM
    (directory / "tls.crt").write_bytes(leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (directory / "tls.key").write_bytes(key.private_bytes(pem, *private))
    ca = authority.sign(ca_key, hashes.SHA256()).public_bytes(pem)
    (directory / "ca.crt").write_bytes(ca)
    return ca


def ask(injector: Injector, bundle: bytes) -> None:
    probe.ask(Entry("checked", bundle, "127.0.0.1", injector.port, "/mutate", 10.0), "")


def test_a_ca_without_key_usage_and_identifiers_is_trusted_as_go_trusts_it(tmp_path: Path) -> None:
    ca = by_a_bare_ca(tmp_path)
    injector = Injector(tmp_path)

    ask(injector, ca)

    assert [line["message"] for line in injector.stop()] == ["injected"]


def test_a_common_name_is_no_hosts_name(tmp_path: Path) -> None:
    """To Go it is none; to OpenSSL it is, where a certificate names no host otherwise."""
    ca = by_a_bare_ca(tmp_path, "192.0.2.1")
    injector = Injector(tmp_path)

    with pytest.raises(ProbeFailed, match="API servers do not trust the injector"):
        probe.ask(Entry("checked", ca, "localhost", injector.port, "/mutate", 10.0), "127.0.0.1")


def test_a_bundle_may_hold_comments_in_any_language(injector: Injector) -> None:
    ask(injector, "# für die Injektion\n".encode() + (injector.certs / "ca.crt").read_bytes())


def test_another_ca_is_not_trusted(injector: Injector, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()

    with pytest.raises(ProbeFailed, match="API servers do not trust the injector"):
        ask(injector, by_a_bare_ca(other))


@pytest.mark.parametrize("bundle", [b"", b"none", b"\xff"])
def test_without_a_certificate_in_it_the_bundle_trusts_nobody(
    injector: Injector, bundle: bytes
) -> None:
    with pytest.raises(ProbeFailed, match="checked has no caBundle that can be used"):
        ask(injector, bundle)
