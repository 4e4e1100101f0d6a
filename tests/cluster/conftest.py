"""The two API servers: embedded, and real (etcd and kube-apiserver on this machine)."""

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.cli.progress import Progress
from initsync.testing.apiserver import EmbeddedApiServer
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import Binaries, ControlPlane, MissingToolchain, find_or_build
from initsync.testing.controlplane.progress import Failed
from initsync.testing.server import ApiServer
from initsync.testing.webhook import Webhook
from tests import outputs
from tests.chart.inventory import cleared
from tests.cluster import guard
from tests.cluster.clinic import Clinic
from tests.cluster.contract import Secrets
from tests.cluster.policy_side import serves_policies
from tests.cluster.shop import Shop
from tests.cluster.ward import Ward
from tests.full import FULL


@pytest.fixture(scope="session")
def binaries() -> Binaries:
    """Of a real control plane. CLUSTER=skip leaves its tests out."""
    if os.environ.get("CLUSTER") == "skip":
        pytest.skip("CLUSTER=skip: nothing is asked of a real API server")
    try:
        # Straight to the terminal: minutes of building must not look like a hanging test.
        return find_or_build(os.environ, Progress(sys.__stderr__ or sys.stderr))
    except (MissingToolchain, Failed) as error:  # `make` has ended before
        pytest.skip(f"no real API server: {error}")


@pytest.fixture(scope="session")
def real_api(binaries: Binaries) -> Iterator[ControlPlane]:
    """The real control plane, guarded as it ships, one a test process."""
    with ControlPlane(binaries) as server:
        guard.install(server)
        yield server
        outputs.look_at_events(server)


@pytest.fixture(scope="session")
def policy_api(real_api: ControlPlane) -> ControlPlane:
    """It again, where it serves policies that change pods: from Kubernetes 1.36."""
    if not serves_policies(real_api):
        pytest.skip("this Kubernetes has no MutatingAdmissionPolicy in v1")
    return real_api


@pytest.fixture(scope="session")
def spare_api(binaries: Binaries) -> Iterator[ControlPlane]:
    """One for those who install JASM in it, and `cleared` for each: the other has it already."""
    with ControlPlane(binaries) as server:
        yield server
        outputs.look_at_events(server)


@pytest.fixture(scope="session")
def embedded_api() -> Iterator[EmbeddedApiServer]:
    """The embedded API, one a test process."""
    with EmbeddedApiServer() as server:
        yield server
        outputs.look_at_events(server)


@pytest.fixture(params=["embedded", "real"] if FULL else ["real"])
def api(request: pytest.FixtureRequest) -> ApiServer:
    """The real one, and where all is asked for each; `test_contract_*` asks each always."""
    server: ApiServer = request.getfixturevalue(f"{request.param}_api")
    return server


@pytest.fixture
def namespace(api: ApiServer) -> str:
    """A namespace of the test's own."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(name)
    return name


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsServer]:
    """AWS, with one secret for whoever needs any."""
    with AwsServer() as server:
        server.put_secret("/prod/db", {"password": "pl4nted-value"})
        yield server


@pytest.fixture(scope="session")
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        yield server


@pytest.fixture
def shop(api: ApiServer, namespace: str, aws: AwsServer, webhook: Webhook) -> Shop:
    api.register_webhook(webhook.url, webhook.ca_pem)
    return Shop(api, namespace, aws)


@pytest.fixture
def real_shop(real_api: ControlPlane, aws: AwsServer, webhook: Webhook) -> Shop:
    """A shop on the real API server, for what the embedded one does not have."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    real_api.create_namespace(name)
    real_api.register_webhook(webhook.url, webhook.ca_pem)
    return Shop(real_api, name, aws)


@pytest.fixture
def secrets(api: ApiServer, namespace: str) -> Secrets:
    """The Secrets of that namespace, as the administrator."""
    return Secrets(api, namespace)


@pytest.fixture(scope="module")
def clinic(spare_api: ControlPlane, aws: AwsServer) -> Iterator[Clinic]:
    """JASM is installed in it, and broken."""
    with cleared(spare_api):
        yield Clinic(spare_api, aws)


@pytest.fixture
def ward(clinic: Clinic, aws: AwsServer, tmp_path: Path) -> Ward:
    """A namespace of the clinic for one pod."""
    return Ward(clinic, aws, f"t-{uuid.uuid4().hex[:10]}", tmp_path)


LONG = (
    *("policy_switch", "certificates_under_load", "chart_lifecycle", "certificates_killed"),
    *("policy_golden_pods", "injector_oversized", "docs_certificates", "bad_day"),
    *("chart_replaced", "certificates", "certificates_mode", "injector_under_load"),
)
"""Files that take longest: first, so that none of them is left alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of those files come first, else the order stays."""
    turns = {f"test_{name}": turn for turn, name in enumerate(LONG)}
    items.sort(key=lambda item: turns.get(item.path.stem, len(turns)))
