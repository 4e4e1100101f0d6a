"""Whose certificates are taken: the system's directory, its bundle where that is not enough."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.network.transport import Network, TransportError
from initsync.network.trust import System, trusting
from initsync.testing.pki import Authority, KeyPair

NETWORK = Network({}, lambda: 60.0, lambda _: None)


@contextlib.contextmanager
def https(authority: Authority, pair: KeyPair | None = None) -> Iterator[str]:
    """A server that answers each connection's one request."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*(pair or authority.serving("server")))

    def serve() -> None:
        while True:
            try:
                with context.wrap_socket(listening.accept()[0], server_side=True) as sock:
                    sock.recv(65_536)
                    sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except ssl.SSLError:  # the client does not trust us
                continue
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's directory of certificates: so far one file, that is nobody's."""
    directory = tmp_path / "certs"
    directory.mkdir()
    (directory / "00000000.0").write_text("")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    paths = ssl.get_default_verify_paths()._replace(capath=str(directory))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    return directory


def asked(url: str, tls: System) -> int:
    connection = NETWORK.direct(url, tls)
    try:
        return connection.request("GET", "/", {}).status
    finally:
        connection.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to hash names with")
def test_a_ca_is_found_in_the_directory(system: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    shutil.copy(authority.ca, system / "ours.pem")
    subprocess.run(["openssl", "rehash", system], check=True, capture_output=True)
    tls = System()

    with https(authority) as url:
        assert asked(url, tls) == 204

    assert tls().cert_store_stats()["x509"] < 3, "the bundle was read"


def test_a_ca_of_the_bundle_alone_is_found_too(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    tls = System()
    tls()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))  # the bundle of now

    with https(authority) as url:
        assert asked(url, tls) == 204
        assert asked(url, tls) == 204


def test_a_stranger_is_refused_after_the_bundle(system: Path, tmp_path: Path) -> None:
    with (
        https(Authority(tmp_path)) as url,
        pytest.raises(TransportError, match="its certificate is not trusted"),
    ):
        asked(url, System())


def test_another_host_is_refused_without_it(system: Path, tmp_path: Path) -> None:
    tls = System()
    tls()
    wrong_host = ssl.SSLCertVerificationError()
    wrong_host.verify_code = 62

    assert not tls.widened(wrong_host)


def test_what_somebody_chose_is_read_whole(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path).ca))

    assert System()().cert_store_stats()["x509"] == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to hash names with")
def test_cas_of_the_platform_count_beside_those_of_the_image(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE is what the injector sets for the chart's injection.caBundle."""
    for name in ("image", "platform", "neither"):
        (tmp_path / name).mkdir()
    of_image, of_platform, of_neither = (
        Authority(tmp_path / name, name) for name in ("image", "platform", "neither")
    )
    shutil.copy(of_image.ca, system / "image.pem")
    subprocess.run(["openssl", "rehash", system], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_DIR", str(system))
    monkeypatch.setenv("SSL_CERT_FILE", str(of_platform.ca))
    tls = System()

    for authority in (of_image, of_platform):
        with https(authority) as url:
            assert asked(url, tls) == 204
    with https(of_neither) as url, pytest.raises(TransportError, match="not trusted"):
        asked(url, tls)


def test_without_a_directory_the_bundle_is_read(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (system / "00000000.0").unlink()
    tls = System()
    tls()
    unknown = ssl.SSLCertVerificationError()
    unknown.verify_code = 20

    assert not tls.widened(unknown), "it has been read already"


@pytest.mark.parametrize("whose", ["the system's", "one CA's"])
def test_a_common_name_is_no_hosts_name(
    whose: str, system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL takes it for one where a certificate names no host otherwise; nobody else does."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    only = trusting(str(authority.ca))
    tls = System() if whose == "the system's" else lambda: only
    unnamed = authority.serving("localhost", hosts=("192.0.2.1",))

    with (
        https(authority, unnamed) as url,
        pytest.raises(TransportError, match=r"not trusted \(Hostname mismatch"),
    ):
        NETWORK.direct(url.replace("127.0.0.1", "localhost"), tls).request("GET", "/", {})


def test_one_ca_is_never_widened(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    only = trusting(str(Authority(tmp_path / "other").ca))

    with (
        https(Authority(tmp_path)) as url,
        pytest.raises(TransportError, match="its certificate is not trusted"),
    ):
        NETWORK.direct(url, lambda: only).request("GET", "/", {})
