"""CA and certificate change twice by the job while many pods go by two injectors: none fails.

10,000 pods with FULL=1, else 500; ADMISSIONS chooses another number. Nor does any handshake of an
API server that knows of a caBundle as late as the job allows for, with either replica: one gets a
new file at once, the other as late as the job allows for. A thread stands in for each kubelet; the
injector looks every two seconds.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from initsync.testing.closing import Closing
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from tests.cluster.certificates import Installation
from tests.cluster.handshakes import Handshakes
from tests.cluster.load import Balancer, Load
from tests.cluster.mounted import served, show
from tests.full import times
from tests.polling import until

ADMISSIONS = times("ADMISSIONS", full=10_000, usual=500)
# API servers note whole seconds: a wait may be one shorter. The rest is room for a busy machine.
WAITS = ("--trust-seconds=9", "--reload-seconds=13")
LATE = 5.0  # seconds, of an API server; longer than the prompt replica takes to serve a new file
PROMPT, SLOW = 0.0, 4.0  # seconds, of the kubelets
MOUNTED = ("tls.crt", "tls.key", "ca.crt")


class Kubelet(Closing):
    """Shows the Secret of an installation in a directory, so many seconds late."""

    def __init__(self, installed: Installation, directory: Path, lag: float) -> None:
        self._installed, self._directory, self._lag = installed, directory, lag
        self._ended = threading.Event()
        self._coming: list[tuple[float, dict[str, bytes]]] = []
        self._thread = threading.Thread(target=self._work)
        self._look()
        self._show(self._coming[-1][1])
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(10)

    def _work(self) -> None:
        while not self._ended.wait(0.2):
            self._look()
            due = [data for moment, data in self._coming if moment <= time.monotonic() - self._lag]
            if due and due[-1] != self._shown:
                self._show(due[-1])

    def _look(self) -> None:
        data = {name: self._installed.data(name) for name in MOUNTED}
        if not self._coming or data != self._coming[-1][1]:
            self._coming.append((time.monotonic(), data))

    def _show(self, data: dict[str, bytes]) -> None:
        show(self._directory, data)
        self._shown = data


class Serving(ExitStack):
    """Two injectors behind a balancer, which serve by the Secret that the job makes for them."""

    def __init__(self, api: ControlPlane, directory: Path) -> None:
        super().__init__()
        balancer = self.enter_context(Balancer())
        self.installed = self.enter_context(Installation(api, directory, balancer.url))
        assert self.installed.run().returncode == 0
        self.urls = [self._add(directory / f"mounted-{lag}", lag) for lag in (PROMPT, SLOW)]
        for url in self.urls:
            balancer.add(url)
        api.await_webhooks()

    def _add(self, mounted: Path, lag: float) -> str:
        self.enter_context(Kubelet(self.installed, mounted, lag))
        webhook: Webhook = self.enter_context(Webhook(certs=mounted))
        return webhook.url


def serial(installed: Installation) -> int:
    """Of the certificate in the Secret."""
    return x509.load_pem_x509_certificate(installed.data("tls.crt")).serial_number


@pytest.fixture
def serving(real_api: ControlPlane, tmp_path: Path) -> Iterator[Serving]:
    with Serving(real_api, tmp_path) as both:
        yield both


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
    serving: Serving, namespace: str
) -> None:
    installed, ports = serving.installed, [urlsplit(url).port or 0 for url in serving.urls]
    serials = [serial(installed)]
    bundles = {installed.bundles()[0]}
    with (
        Load(installed.api, namespace) as load,
        Handshakes(installed.bundles, ports, LATE) as handshakes,
    ):
        for goal in (ADMISSIONS // 3, 2 * ADMISSIONS // 3):
            reach(load, goal)
            installed.ask_for_renewal()
            done = installed.run(*WAITS)
            assert done.returncode == 0, done.stderr
            serials.append(serial(installed))
            bundles.add(installed.bundles()[0])
            assert (load.failures, handshakes.failures) == ([], [])
            assert [served(url) for url in serving.urls] == [serials[-1]] * 2
        reach(load, ADMISSIONS)

    assert (load.failures, handshakes.failures) == ([], [])
    assert load.injected >= ADMISSIONS
    assert handshakes.done > 500
    assert len(set(serials)) == len(bundles) == 3
    assert installed.is_settled()
