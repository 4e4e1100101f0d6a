"""What Helm says of the chart's values to whoever installs it."""

import uuid
from pathlib import Path

import pytest

from initsync.testing.controlplane import ControlPlane
from tests.chart.helm import CHART, NAMESPACE, Helm
from tests.cluster.operators import Operators
from tests.cluster.release import at_cluster

APART = "--set=fullnameOverride=jasm-notes"  # from what is in the cluster already
ENTRY = "rbac.namespaces[0]"
WIDE = "shop: without secretNames, pods may read every Secret there"


@pytest.mark.parametrize(
    ("entry", "warned"),
    [
        pytest.param(["namespace=shop"], True, id="a namespace alone"),
        pytest.param(["namespace=shop", "serviceAccounts={app}"], True, id="no Secrets"),
        pytest.param(
            ["namespace=shop", "serviceAccounts={app}", "secretNames={db}"], False, id="both"
        ),
    ],
)
def test_a_role_for_every_secret_of_a_namespace_is_warned_of(
    real_api: ControlPlane, helm: Helm, tmp_path: Path, entry: list[str], warned: bool
) -> None:
    asked = at_cluster(real_api, helm, tmp_path)
    values = [f"--set={ENTRY}.{it}" for it in entry]

    said = asked.release("install", str(CHART), "--dry-run=server", APART, *values)

    assert (WIDE in said) == warned
    assert ("refuses those ServiceAccounts all Secrets but JASM's" in said) == warned


def test_a_certificate_that_prometheus_cannot_verify_by_is_warned_of(
    real_api: ControlPlane, helm: Helm, tmp_path: Path
) -> None:
    asked = at_cluster(real_api, helm, tmp_path)
    real_api.create_namespace(NAMESPACE)
    name = f"t-{uuid.uuid4().hex[:10]}"
    mine = [f"--set=certificates.mode=secret,certificates.secretName={name}"]
    scraped = "--set=monitoring.serviceMonitor.enabled=true"
    warning = f"The Secret {name} has no ca.crt"

    with Operators(real_api):
        for data, warned in (({}, True), ({"ca.crt": "cGw0bnRlZA=="}, False)):
            metadata = {"name": name, "namespace": NAMESPACE}
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
            real_api.apply(secret)
            said = asked.release("install", str(CHART), "--dry-run=server", APART, scraped, *mine)
            assert (warning in said) == warned
