"""What replaces the installed objects as a whole takes the caBundle away, which no manifest has.

The certificate job puts it back within seconds of seeing it, and the API server refuses nothing.
Helm's `--force` does so, `kubectl replace`, and Argo CD's sync option Replace=true, which is the
same: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from initsync.testing.controlplane import ControlPlane
from tests import programs
from tests.chart.examples import certificate_job
from tests.chart.helm import CHART, Helm
from tests.cluster.certificate_pod import CertificatePod
from tests.cluster.registration import bundles, certified
from tests.cluster.release import at_cluster, release_cluster
from tests.full import only_in_full
from tests.node.files import kubeconfig
from tests.polling import until

SECONDS = 15
"""More than the interval of 5 seconds, and less than anybody would call an outage."""
# Helm 4 has another name for it, and wants no server-side apply beside.
FORCED = {"helm": ["--force"], "helm_4": ["--force-replace", "--server-side=false"]}


@pytest.fixture
def api(spare_api: ControlPlane) -> Iterator[ControlPlane]:
    with release_cluster(spare_api) as own:
        yield own


@pytest.mark.parametrize("kind", [pytest.param("helm", marks=only_in_full), "helm_4"])
def test_an_upgrade_by_force_goes_through_and_the_bundle_is_back_within_seconds(
    request: pytest.FixtureRequest, api: ControlPlane, tmp_path: Path, kind: str
) -> None:
    helm: Helm = at_cluster(api, request.getfixturevalue(kind), tmp_path)
    helm.release("install", str(CHART))
    job = certificate_job(helm.objects())
    with CertificatePod(api, job, tmp_path / "pod") as pod:
        until(lambda: certified(api), "the first certificate is trusted", SECONDS)
        before = bundles(api)

        for number in (3, 4):
            helm.release("upgrade", str(CHART), *FORCED[kind], f"--set=injector.replicas={number}")
            until(lambda: bundles(api) == before, "it is trusted again", SECONDS)

        until(lambda: pod.log.count('"step": "trust"') == 3, "the job has told of each", SECONDS)
        assert pod.runs()


def test_kubectl_replace_goes_through_and_the_bundle_is_back_within_seconds(
    helm: Helm, api: ControlPlane, tmp_path: Path
) -> None:
    """And so does Argo CD's Replace=true, which does the same."""
    manifests = tmp_path / "jasm.yaml"
    manifests.write_text(helm.template("--set=tests.enabled=false"))
    config = tmp_path / "kubeconfig"
    config.touch(0o600)
    config.write_text(kubeconfig(api.url, Path(api.ca_file), {"token": api.admin_token}))
    kubectl = [
        str(programs.of(programs.KUBECTL)),
        f"--kubeconfig={config}",
        f"--cache-dir={tmp_path}",
    ]
    subprocess.run([*kubectl, "create", f"--filename={manifests}"], check=True)
    job = certificate_job(list(filter(None, yaml.safe_load_all(manifests.read_text()))))
    with CertificatePod(api, job, tmp_path / "pod") as pod:
        until(lambda: certified(api), "the first certificate is trusted", SECONDS)
        before = bundles(api)

        subprocess.run([*kubectl, "replace", f"--filename={manifests}"], check=True)

        until(lambda: bundles(api) == before, "it is trusted again", SECONDS)
        until(lambda: pod.log.count('"step": "trust"') == 2, "it was not, in between", SECONDS)
        assert pod.runs()
