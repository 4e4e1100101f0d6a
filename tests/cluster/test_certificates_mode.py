"""From the certificate job to a certificate of one's own, by either Helm: all of it or nothing."""

import base64
import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.testing.controlplane import ControlPlane
from injector.certs import issue
from tests.chart.examples import certificate_job
from tests.chart.helm import CHART, NAMESPACE, Helm, HelmFailed
from tests.chart.inventory import inventory
from tests.cluster.certificate_pod import CertificatePod
from tests.cluster.registration import bundles, certified
from tests.cluster.release import at_cluster, release_cluster
from tests.polling import until

HOST = f"jasm-injector.{NAMESPACE}.svc"
FORCED = ["--force-conflicts", "--set=certificates.forceConflicts=true"]


@pytest.fixture
def api(spare_api: ControlPlane) -> Iterator[ControlPlane]:
    with release_cluster(spare_api) as own:
        yield own


def installed(api: ControlPlane, helm: Helm, directory: Path) -> Helm:
    """In mode `job`, which has made its certificate and is gone."""
    release = at_cluster(api, helm, directory)
    release.release("install", str(CHART))
    with CertificatePod(api, certificate_job(release.objects()), directory / "pod"):
        until(lambda: certified(api), "the job's certificate is trusted")
    return release


def own_certificate(api: ControlPlane, directory: Path) -> list[str]:
    """The page's options, for a certificate of one's own: both CAs."""
    (old,) = bundles(api)
    now = datetime.datetime.now(datetime.UTC)
    issue.self_signed(directory / "mine", [HOST], now, 20)
    both = directory / "both.crt"
    both.write_bytes(base64.b64decode(old) + (directory / "mine/ca.crt").read_bytes())
    named = "certificates.mode=secret,certificates.secretName=mine"
    return [f"--set={named}", f"--set-file=certificates.caBundle={both}"]


def mounted(api: ControlPlane) -> str:
    """The Secret that the injector serves with."""
    target = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/jasm-injector"
    (volume,) = api.request("GET", target).body["spec"]["template"]["spec"]["volumes"]
    return str(volume["secret"]["secretName"])


@pytest.mark.parametrize(("kind", "more"), [("helm", []), ("helm_4", FORCED)])
def test_it_trusts_both_serves_by_the_new_one_and_nothing_of_the_job_stays(
    request: pytest.FixtureRequest,
    api: ControlPlane,
    tmp_path: Path,
    kind: str,
    more: list[str],
) -> None:
    release = installed(api, request.getfixturevalue(kind), tmp_path)

    release.release("upgrade", str(CHART), *own_certificate(api, tmp_path), *more)

    (bundle,) = bundles(api)
    assert base64.b64decode(bundle) == (tmp_path / "both.crt").read_bytes()
    assert mounted(api) == "mine"
    left = [it for it in inventory(api) if "jasm-certificates" in it]
    assert left == []


def test_where_helm_4_would_stop_half_way_it_stops_before_the_first_object(
    api: ControlPlane, helm_4: Helm, tmp_path: Path
) -> None:
    """It meets a conflict at the caBundle, last of all, when injectors have the new certificate."""
    release = installed(api, helm_4, tmp_path)
    before = inventory(api), bundles(api)

    with pytest.raises(HelmFailed) as refused:
        release.release("upgrade", str(CHART), *own_certificate(api, tmp_path))

    assert "certificates.caBundle: jasm-certs holds that field" in str(refused.value)
    assert "run helm with --force-conflicts" in str(refused.value)
    assert mounted(api) == "jasm-injector-tls"
    assert bundles(api) == before[1]
    assert {it for it in inventory(api) ^ before[0] if "sh.helm.release" not in it} == set()


def test_later_upgrades_need_nothing_more(api: ControlPlane, helm_4: Helm, tmp_path: Path) -> None:
    release = installed(api, helm_4, tmp_path)
    settings = own_certificate(api, tmp_path)
    release.release("upgrade", str(CHART), *settings, *FORCED)
    alone = f"--set-file=certificates.caBundle={tmp_path}/mine/ca.crt"

    release.release("upgrade", str(CHART), settings[0], alone)

    (bundle,) = bundles(api)
    assert base64.b64decode(bundle) == (tmp_path / "mine/ca.crt").read_bytes()
