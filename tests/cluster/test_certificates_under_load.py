"""CA and certificate change twice by the job while 10,000 pods go by the injector: none fails.

About two minutes; ADMISSIONS chooses another number. The job's waits are as short as this
injector's way to a new file allows: it looks every two seconds, and a thread stands in for the
kubelet.
"""

import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from initsync.testing.closing import Closing
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from tests.cluster.certificates import Installation
from tests.cluster.load import Load
from tests.cluster.mounted import served, show
from tests.polling import until

ADMISSIONS = int(os.environ.get("ADMISSIONS", "10000"))
WAITS = ("--trust-seconds=3", "--reload-seconds=6")
MOUNTED = ("tls.crt", "tls.key", "ca.crt")


class Kubelet(Closing):
    """Shows the Secret of an installation in a directory, within half a second."""

    def __init__(self, installed: Installation, directory: Path) -> None:
        self._installed, self._directory = installed, directory
        self._ended = threading.Event()
        self._shown: dict[str, bytes] = {}
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(10)

    def _work(self) -> None:
        while not self._ended.wait(0.5):
            data = {name: self._installed.data(name) for name in MOUNTED}
            if data != self._shown:
                show(self._directory, data)
                self._shown = data


def serial(installed: Installation) -> int:
    """Of the certificate in the Secret."""
    return x509.load_pem_x509_certificate(installed.data("tls.crt")).serial_number


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "mounted"


@pytest.fixture
def installed(real_api: ControlPlane, tmp_path: Path, directory: Path) -> Iterator[Installation]:
    """An injector that serves by the Secret that the job made for it."""
    with Installation(real_api, tmp_path, "https://127.0.0.1:1/mutate") as installation:
        assert installation.run().returncode == 0
        show(directory, {name: installation.data(name) for name in MOUNTED})
        with Webhook(certs=directory) as webhook, Kubelet(installation, directory):
            installation.call(webhook.url)
            real_api.await_webhooks()
            yield installation


@pytest.fixture
def namespace(real_api: ControlPlane) -> str:
    """For the pods; the installation's own is not injected."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    real_api.create_namespace(name)
    return name


def reach(load: Load, goal: int) -> None:
    """Return when so many pods were injected, or one was not."""
    until(lambda: load.injected >= goal or bool(load.failures), f"{goal} pods", seconds=300)


@pytest.mark.timeout(600)
def test_no_admission_fails_while_certificate_and_ca_change_twice(
    installed: Installation, namespace: str
) -> None:
    serials = [serial(installed)]
    bundles = {installed.bundles()[0]}
    with Load(installed.api, namespace) as load:
        for goal in (ADMISSIONS // 3, 2 * ADMISSIONS // 3):
            reach(load, goal)
            installed.ask_for_renewal()
            done = installed.run(*WAITS)
            assert done.returncode == 0, done.stderr
            serials.append(serial(installed))
            bundles.add(installed.bundles()[0])
            assert served(installed.url) == serials[-1]
        reach(load, ADMISSIONS)

    assert load.failures == []
    assert load.injected >= ADMISSIONS
    assert len(set(serials)) == len(bundles) == 3
    assert installed.is_settled()
