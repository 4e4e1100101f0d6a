"""Certificates made here, and the live one that is served."""

import datetime
import io
import os
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from injector import certs
from injector.logs import Log
from injector.tls import NoCertificate, ServingCertificate

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)


def make(directory: Path, days: int = 365, now: datetime.datetime = NOW) -> Path:
    certs.self_signed(directory, ["jasm-injector.jasm-system.svc", "127.0.0.1"], now, days)
    return directory


def live(directory: Path, now: datetime.datetime = NOW) -> tuple[ServingCertificate, io.StringIO]:
    said = io.StringIO()
    return ServingCertificate(directory, Log(said), now.timestamp), said


def test_the_certificate_is_for_its_hosts_and_begins_an_hour_earlier(tmp_path: Path) -> None:
    made = x509.load_pem_x509_certificate((make(tmp_path) / "tls.crt").read_bytes())

    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["jasm-injector.jasm-system.svc"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert made.not_valid_before_utc == NOW - datetime.timedelta(hours=1)
    assert made.not_valid_after_utc == NOW + datetime.timedelta(days=365)


def test_the_ca_signed_it(tmp_path: Path) -> None:
    make(tmp_path)
    ca, made = (
        x509.load_pem_x509_certificate((tmp_path / name).read_bytes())
        for name in ("ca.crt", "tls.crt")
    )

    made.verify_directly_issued_by(ca)

    assert made.issuer == ca.subject


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    assert (make(tmp_path) / "tls.key").stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    make(tmp_path)

    with pytest.raises(FileExistsError, match="name another directory"):
        make(tmp_path)


@pytest.mark.parametrize("missing", ["tls.crt", "tls.key"])
def test_without_a_pair_to_begin_with_it_says_how_to_make_one(tmp_path: Path, missing: str) -> None:
    (make(tmp_path) / missing).unlink()

    with pytest.raises(NoCertificate, match="certs --self-signed"):
        live(tmp_path)


def test_a_file_that_is_no_certificate_is_told(tmp_path: Path) -> None:
    (make(tmp_path) / "tls.crt").write_text("no certificate")

    with pytest.raises(NoCertificate, match=r"no usable tls\.crt and tls\.key"):
        live(tmp_path)


def test_it_is_valid_until_its_end(tmp_path: Path) -> None:
    make(tmp_path, days=1)

    ended = NOW + datetime.timedelta(days=1)

    assert live(tmp_path, NOW)[0].problem() == ""
    said = f"the serving certificate ended at {ended:%Y-%m-%dT%H:%M:%SZ}: renew it"
    assert live(tmp_path, ended)[0].problem() == said


def swap(directory: Path, source: Path, name: str) -> None:
    """As the kubelet does: a new directory, and one rename of the symlink to it."""
    for file in ("tls.crt", "tls.key"):
        if not (directory / file).is_symlink():
            (directory / file).symlink_to(f"..data/{file}")
    (directory / name).symlink_to(source)
    os.replace(directory / name, directory / "..data")


def test_a_symlink_swap_brings_the_new_certificate_into_the_same_context(tmp_path: Path) -> None:
    old, new, mounted = make(tmp_path / "old"), make(tmp_path / "new", days=9), tmp_path / "m"
    mounted.mkdir()
    swap(mounted, old, "a")
    certificate, said = live(mounted)
    context = certificate.context

    swap(mounted, new, "b")
    certificate.reload()

    assert certificate.context is context
    assert certificate.expires == (NOW + datetime.timedelta(days=9)).timestamp()
    assert "serving certificate reloaded" in said.getvalue()


@pytest.mark.parametrize("spoilt", ["a key of another", "half a key", "no certificate", "gone"])
def test_a_bad_pair_leaves_the_one_before_it_serving(tmp_path: Path, spoilt: str) -> None:
    directory, other = make(tmp_path / "a"), make(tmp_path / "b")
    certificate, said = live(directory)
    expires = certificate.expires
    key = directory / "tls.key"
    if spoilt == "a key of another":
        key.write_bytes((other / "tls.key").read_bytes())
    elif spoilt == "half a key":
        key.write_bytes(key.read_bytes()[:60])
    elif spoilt == "no certificate":
        (directory / "tls.crt").write_text("none")
    else:
        key.unlink()

    certificate.reload()

    assert "certificate on disk not used" in said.getvalue()
    assert certificate.expires == expires
    assert handshakes(certificate.context, directory / "ca.crt")


def handshakes(server: ssl.SSLContext, ca: Path) -> bool:
    """Whether a client that trusts `ca` accepts what the context serves."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(ca))
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    ours = client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(10):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ours.version() is not None
