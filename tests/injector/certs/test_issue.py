"""Certificates made here, and the live one that is served."""

import datetime
import io
import json
import os
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from injector.certs import issue
from injector.server.tls import NoCertificate, ServingCertificate
from injector.webhook.logs import Log

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
DAY, SECOND = datetime.timedelta(days=1), datetime.timedelta(seconds=1)


def make(directory: Path, days: int = 365, now: datetime.datetime = NOW) -> Path:
    issue.self_signed(directory, ["jasm-injector.jasm-system.svc", "127.0.0.1"], now, days)
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


def issued(*hosts: str) -> tuple[x509.Certificate, x509.Certificate]:
    """The CA and the certificate."""
    pair = issue.issue(hosts, NOW, 30)
    ca, made = (x509.load_pem_x509_certificate(pem) for pem in (pair.ca, pair.certificate))
    return ca, made


def test_it_is_for_ipv6_addresses_too() -> None:
    _, made = issued("fd00::1", "10.0.0.1")

    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == []
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["fd00::1", "10.0.0.1"]


def test_the_ca_can_sign_one_certificate_for_a_server_and_nothing_beyond() -> None:
    ca, made = issued("injector.svc")

    constraints = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = ca.extensions.get_extension_for_class(x509.KeyUsage)
    assert (constraints.critical, usage.critical) == (True, True)
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    assert (usage.value.key_cert_sign, usage.value.digital_signature) == (True, False)
    purpose = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purpose) == [x509.OID_SERVER_AUTH]
    with pytest.raises(x509.ExtensionNotFound):
        made.extensions.get_extension_for_class(x509.BasicConstraints)


def test_either_names_its_own_key_and_its_signers() -> None:
    """Python 3.13 and newer trust nobody else."""
    ca, made = issued("injector.svc")

    for certificate in (ca, made):
        found = certificate.extensions
        own = found.get_extension_for_class(x509.SubjectKeyIdentifier).value
        by = found.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        assert own == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
        assert (
            by.key_identifier == x509.SubjectKeyIdentifier.from_public_key(ca.public_key()).digest
        )


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


@pytest.mark.parametrize(
    ("moment", "problem"),
    [
        (NOW - DAY / 24, ""),
        (NOW + DAY - SECOND, ""),
        (NOW + DAY, "the serving certificate ended at 2026-11-24T12:00:00Z: renew it"),
        (
            NOW - DAY / 24 - SECOND,
            "the serving certificate begins only at 2026-11-23T11:00:00Z: renew it",
        ),
    ],
)
def test_it_is_valid_from_its_beginning_to_its_end(
    tmp_path: Path, moment: datetime.datetime, problem: str
) -> None:
    make(tmp_path, days=1)

    assert live(tmp_path, moment)[0].problem() == problem


@pytest.mark.parametrize(
    ("days", "left", "late"),
    [
        (365, 31 * DAY, False),
        (365, 29 * DAY, True),
        (3650, 31 * DAY, False),
        (30, 10 * DAY, False),
        (30, 7 * DAY, True),
        (1, DAY / 3, False),
        (1, DAY / 5, True),
    ],
)
def test_its_renewal_is_late_by_its_life_and_at_most_a_month_before_its_end(
    tmp_path: Path, days: int, left: datetime.timedelta, late: bool
) -> None:
    now = NOW + days * DAY - left

    certificate, said = live(make(tmp_path, days), now)
    certificate.reload()

    assert ("ends soon" in said.getvalue()) == late


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
    assert certificate.validity.ends == (NOW + 9 * DAY).timestamp()
    assert "serving certificate reloaded" in said.getvalue()


SPOILT = {
    "a key of another": "SSLError",
    "half a key": "SSLError",
    "no certificate": "ValueError",
    "gone": "FileNotFoundError",
    "one that has ended": "it ended at 2026-11-21T12:00:00Z",
    "one that begins in ten days": "it begins only at 2026-12-03T11:00:00Z",
}


def spoil(directory: Path, how: str) -> None:
    key = directory / "tls.key"
    if how == "a key of another":
        key.write_bytes((make(directory / "other") / "tls.key").read_bytes())
    elif how == "half a key":
        key.write_bytes(key.read_bytes()[:60])
    elif how == "no certificate":
        (directory / "tls.crt").write_text("none")
    elif how == "gone":
        key.unlink()
    else:
        begins = {"one that has ended": NOW - 4 * DAY}.get(how, NOW + 10 * DAY)
        show(directory, make(directory / "other", days=2, now=begins))


def show(directory: Path, source: Path) -> None:
    for name in ("tls.crt", "tls.key"):
        (directory / name).write_bytes((source / name).read_bytes())


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_bad_pair_leaves_the_one_before_it_serving_and_is_told_once(
    tmp_path: Path, spoilt: str
) -> None:
    directory = make(tmp_path)
    certificate, said = live(directory)
    validity = certificate.validity
    spoil(directory, spoilt)

    certificate.reload()
    certificate.reload()

    (told,) = said.getvalue().splitlines()
    assert json.loads(told)["message"] == f"certificate on disk not used: {SPOILT[spoilt]}"
    assert certificate.validity == validity
    assert certificate.problem() == ""
    assert handshakes(certificate.context, directory / "ca.crt")


def test_one_that_came_early_is_served_from_its_beginning_on(tmp_path: Path) -> None:
    directory, moment = make(tmp_path / "a"), [NOW]
    certificate = ServingCertificate(directory, Log(io.StringIO()), lambda: moment[0].timestamp())
    show(directory, make(tmp_path / "b", now=NOW + 10 * DAY))
    certificate.reload()

    moment[0] = NOW + 10 * DAY
    certificate.reload()

    assert certificate.validity.begins == (NOW + 10 * DAY - DAY / 24).timestamp()


def test_where_the_present_one_has_ended_too_another_is_taken_as_it_is(tmp_path: Path) -> None:
    """Whoever looks sees then what is on disk, and readiness tells its problem."""
    directory = make(tmp_path / "a", days=1)
    certificate, _ = live(directory, NOW + 2 * DAY)
    show(directory, make(tmp_path / "b", now=NOW + 10 * DAY))

    certificate.reload()

    assert "begins only at" in certificate.problem()


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
