"""Its certificate and its end: old TLS, reloads, keys that cannot be used, the drain."""

import contextlib
import datetime
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from injector.certs import issue
from tests.injector.running import DEADLINE, JSON, Injector, review
from tests.polling import until


@pytest.mark.parametrize(
    ("version", "taken"), [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)]
)
def test_old_tls_is_refused(injector: Injector, version: ssl.TLSVersion, taken: bool) -> None:
    context = ssl.create_default_context(cafile=str(injector.certs / "ca.crt"))
    context.set_ciphers("ALL:@SECLEVEL=0")  # else this side would refuse it first
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it is what is tried
        context.minimum_version = context.maximum_version = version

    with socket.create_connection(("127.0.0.1", injector.port), DEADLINE) as plain:
        if taken:
            context.wrap_socket(plain, server_hostname="127.0.0.1").close()
        else:
            with pytest.raises(ssl.SSLError, match=r"EOF|protocol version"):
                context.wrap_socket(plain, server_hostname="127.0.0.1")


def test_a_new_certificate_is_served_without_a_restart(injector: Injector, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    issue.self_signed(fresh, ["127.0.0.1"], datetime.datetime.now(datetime.UTC), 2)
    for name in ("tls.key", "tls.crt", "ca.crt"):
        os.replace(fresh / name, tmp_path / name)

    def trusted() -> bool:
        with contextlib.suppress(ssl.SSLError):
            return injector.ask("GET", "/healthz")[0] == 200
        return False

    until(trusted)


def test_sigterm_ends_it_without_losing_an_answer(injector: Injector) -> None:
    with contextlib.closing(injector.connect()) as connection:
        connection.request("POST", "/mutate", review(), JSON)
        connection.getresponse().read()

        injector.process.send_signal(signal.SIGTERM)
        until(lambda: injector.ask("GET", "/readyz") == (503, b"it is being ended"))
        connection.request("POST", "/mutate", review(), JSON)
        answer = connection.getresponse()

        assert answer.status == 200
        assert json.loads(answer.read())["response"]["allowed"] is True
        assert answer.getheader("connection") == "close"
    assert injector.process.wait(DEADLINE) in (0, -signal.SIGTERM)
    assert json.loads(injector.log.readlines()[-1])["message"] == "stopped"
    injector.log.close()


@pytest.mark.parametrize("days", [1, 400])
def test_a_certificate_whose_renewal_is_late_is_told(tmp_path: Path, days: int) -> None:
    now, left = datetime.datetime.now(datetime.UTC), datetime.timedelta(hours=5)
    began = now + left - datetime.timedelta(days=days)
    issue.self_signed(tmp_path, ["127.0.0.1"], began, days)
    running = Injector(tmp_path)

    def told() -> bool:
        return "the serving certificate ends soon: renew it" in running.log.readline()

    until(told)
    running.stop()


def test_an_encrypted_key_is_refused_and_asks_no_question(tmp_path: Path) -> None:
    issue.self_signed(tmp_path, ["127.0.0.1"], datetime.datetime.now(datetime.UTC), 1)
    key = serialization.load_pem_private_key((tmp_path / "tls.key").read_bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"pl4nted"),
    )
    (tmp_path / "tls.key").write_bytes(encrypted)
    command = [sys.executable, "-m", "injector", "serve", "--image=i", f"--certs={tmp_path}"]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)

    assert ended.returncode == 1
    assert "the key is encrypted, and must not be" in ended.stderr


def test_readiness_tells_that_the_certificate_has_ended(tmp_path: Path) -> None:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=2)
    issue.self_signed(tmp_path, ["127.0.0.1"], past, 1)
    running = Injector(tmp_path)
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", running.port, context=context)

    with contextlib.closing(connection):
        connection.request("GET", "/readyz")
        answer = connection.getresponse()

        assert answer.status == 503
        assert answer.read().startswith(b"the serving certificate ended at 20")
    running.stop()
