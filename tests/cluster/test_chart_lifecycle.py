"""A release from its first to its last day, on the real API server and under load.

Nothing runs the Deployment here (tests/node does), so it is the objects' own life that is seen.
"""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from initsync.testing.client import APPLY, MERGE
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from tests.chart.helm import CHART, NAMESPACE, PREVIOUS, RELEASE, Helm, HelmFailed
from tests.chart.inventory import inventory
from tests.cluster.injector_side import annotated, create, is_injected
from tests.cluster.load import Load
from tests.cluster.release import Release, release_cluster
from tests.full import only_in_full
from tests.polling import until


@pytest.fixture(scope="module")
def api(spare_api: ControlPlane) -> Iterator[ControlPlane]:
    with release_cluster(spare_api) as own:
        yield own


_REGISTRATIONS = "apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


@pytest.fixture
def release(
    request: pytest.FixtureRequest, api: ControlPlane, webhook: Webhook, tmp_path: Path
) -> Iterator[Release]:
    helm = request.getfixturevalue(getattr(request, "param", "helm"))
    with Release(api, helm, webhook, tmp_path) as ours:
        yield ours


# Helm 4 does all; Helm 3 installs, upgrades, rolls back and uninstalls in the last of these tests.
_HELM_3 = pytest.param("helm", marks=only_in_full)
by_either_helm = pytest.mark.parametrize("release", ["helm", "helm_4"], indirect=True)
by_helm_4 = pytest.mark.parametrize("release", [_HELM_3, "helm_4"], indirect=True)


def await_injection(api: ControlPlane) -> None:
    until(lambda: is_injected(create(api, annotated("shop"))), "pods are injected")


@pytest.mark.timeout(300)  # 20 s; Helm is slow where others work beside it
@by_helm_4
def test_upgrades_and_rollbacks_lose_no_admission(api: ControlPlane, release: Release) -> None:
    release.apply("install", PREVIOUS)
    await_injection(api)

    with Load(api, "shop") as load:
        load.more()
        release.apply("upgrade", CHART)
        load.more()
        release.apply("upgrade", CHART, "webhook.tries=0", "webhook.timeoutSeconds=5")
        load.more()
        release.apply("upgrade", CHART, "networkPolicy.enabled=false", "guard.enabled=false")
        load.more()
        for revision in ("2", "1", "4"):
            release.helm.release("rollback", revision)
            load.more()

    assert load.failures == []


@by_helm_4
def test_pods_created_while_it_is_uninstalled_are_refused_by_nobody(
    api: ControlPlane, release: Release
) -> None:
    release.apply("install", CHART)
    await_injection(api)

    with Load(api, "shop", good=lambda _: True) as load:
        load.more()
        release.helm.release("uninstall")
        load.more()

    assert load.failures == []
    assert not is_injected(create(api, annotated("shop")))


@by_helm_4
@pytest.mark.parametrize("version", [PREVIOUS, CHART], ids=["of an older version", "upgraded"])
def test_uninstalling_leaves_nothing(api: ControlPlane, release: Release, version: Path) -> None:
    before = inventory(api)
    grants = "rbac.namespaces[0].namespace=shop"
    release.apply("install", PREVIOUS)
    if version == CHART:
        release.apply("upgrade", CHART, grants, "injector.autoscaling.enabled=true")
    assert len(inventory(api) - before) > 4, "there was something"

    release.helm.release("uninstall")

    assert inventory(api) - before == set()


def test_helm_4_goes_on_with_a_release_of_helm_3(
    api: ControlPlane, release: Release, helm_4: Helm, webhook: Webhook, tmp_path: Path
) -> None:
    before = inventory(api)
    release.apply("install", PREVIOUS)
    (tmp_path / "4").mkdir()
    newer = Release(api, helm_4, webhook, tmp_path / "4")

    newer.apply("upgrade", CHART)
    newer.helm.release("rollback", "1")
    await_injection(api)
    newer.close()

    assert inventory(api) - before == set()


@by_helm_4
def test_a_registration_is_deleted_before_what_it_calls(
    api: ControlPlane, release: Release
) -> None:
    release.apply("install", CHART)
    already = len(api.deleted())

    release.helm.release("uninstall")

    order = api.deleted()[already:]
    assert order.index("mutatingwebhookconfigurations") < order.index("services")
    assert order.index("mutatingwebhookconfigurations") < order.index("deployments")


def test_namespaces_get_the_role_by_their_label_at_the_next_upgrade(
    api: ControlPlane, release: Release
) -> None:
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles/jasm-sync"
    selected = r"rbac.namespaceSelector.matchLabels.jasm\.codnod\.io/roles=enabled"
    release.apply("install", CHART, selected)
    assert api.request("GET", path).status == 404

    api.create_namespace("shop", {"jasm.codnod.io/roles": "enabled"})
    release.apply("upgrade", CHART, selected)
    assert api.request("GET", path).status == 200

    api.create_namespace("shop", {"jasm.codnod.io/roles": "disabled"})
    release.apply("upgrade", CHART, selected)
    assert api.request("GET", path).status == 404


def test_a_role_for_a_namespace_that_is_not_there_says_so(
    api: ControlPlane, release: Release
) -> None:
    with pytest.raises(HelmFailed, match=r'namespaces "nowhere" not found'):
        release.apply("install", CHART, "rbac.namespaces[0].namespace=nowhere")


@by_either_helm
def test_the_ca_that_somebody_patched_in_stays(api: ControlPlane, release: Release) -> None:
    """As by the certificate job, or by cert-manager: the chart that does not set it leaves it."""
    release.helm.release("install", str(PREVIOUS))
    bundle = base64.b64encode(b"pl4nted CA").decode()
    patch = [{"op": "add", "path": "/webhooks/2/clientConfig/caBundle", "value": bundle}]
    target = f"/{_REGISTRATIONS}/jasm-injector"
    assert api.request("PATCH", target, patch, "application/json-patch+json").status == 200

    for change in (("upgrade", str(CHART)), ("rollback", "1")):
        release.helm.release(*change)

        last = api.request("GET", target).body["webhooks"][2]
        assert last["clientConfig"]["caBundle"] == bundle


def test_the_notes_say_what_is_missing_and_what_comes_next(
    api: ControlPlane, release: Release
) -> None:
    said = release.helm.release(
        "install", str(CHART), "--set=injector.replicas=1", "--set=certificates.mode=secret"
    )

    assert "The Secret jasm-injector-tls is not there yet, so no injector starts" in said
    assert "certificates.caBundle is empty" in said
    assert "injector.replicas is 1" in said
    assert f"helm -n {NAMESPACE} test {RELEASE}" in said
    assert "Set rbac.namespaces, or apply your own" in said


@pytest.mark.parametrize(("query", "way"), [("", MERGE), ("?fieldManager=t&force=true", APPLY)])
def test_the_hook_of_uninstalling_is_refused_where_somebody_applies_it(
    api: ControlPlane, release: Release, query: str, way: str
) -> None:
    """`helm template --dry-run=server | kubectl apply -f -` would lose all webhooks by it."""
    release.apply("install", CHART)
    (hook,) = (
        it
        for it in yaml.safe_load_all(
            release.helm.run("get", "hooks", RELEASE, f"--namespace={NAMESPACE}")
        )
        if it["kind"] == "MutatingWebhookConfiguration"
    )

    target = f"/{_REGISTRATIONS}/jasm-injector"
    answer = api.request("PATCH", f"{target}{query}", hook, way)

    assert hook["webhooks"] == []
    assert (answer.status, answer.body["reason"]) == (409, "Conflict")
    assert len(api.request("GET", target).body["webhooks"]) == 3
