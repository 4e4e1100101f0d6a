"""What the chart renders, with every example, is what the real API server takes, to the letter."""

from collections.abc import Iterator

import pytest
import yaml

from initsync.testing import manifests
from initsync.testing.client import APPLY
from initsync.testing.controlplane import ControlPlane
from tests.chart import examples
from tests.chart.helm import NAMESPACE, Helm
from tests.cluster.operators import Operators

NEW = "-of-chart"  # the real ones may be registered by other tests
ACCOUNT = ("serviceAccountName", "serviceAccount")  # of another namespace
SETTINGS = [
    ["injector.preStopSeconds=0"],
    ["injector.podDisruptionBudget.minAvailable=50%"],
    [
        "networkPolicy.from[0].podSelector.matchLabels.a=b",
        "networkPolicy.to[0].ipBlock.cidr=10.0.0.1/32",
    ],
    [
        "injector.extraVolumes[0].name=x,injector.extraVolumes[0].emptyDir.medium=Memory",
        "injector.extraVolumeMounts[0].name=x,injector.extraVolumeMounts[0].mountPath=/x",
        "injector.extraEnv[0].name=A,injector.extraEnv[0].valueFrom.fieldRef.fieldPath=spec.nodeName",
        "injector.extraArgs={--cpu=20m},injector.strategy.type=Recreate",
        "injector.service.ipFamilyPolicy=PreferDualStack,injector.service.ipFamilies={IPv4}",
        "injector.podSecurityContext.seccompProfile=null,injector.podSecurityContext.fsGroup=1",
        "monitoring.serviceMonitor.enabled=true",
        "monitoring.serviceMonitor.relabelings[0].action=labeldrop",
        "monitoring.serviceMonitor.relabelings[0].regex=a",
        "monitoring.serviceMonitor.metricRelabelings[0].action=labeldrop",
        "monitoring.serviceMonitor.metricRelabelings[0].regex=a",
    ],
    ["certificates.mode=certManager", "certificates.certManager.issuerRef.name=corp"],
]


@pytest.fixture(scope="module")
def cluster(real_api: ControlPlane) -> Iterator[ControlPlane]:
    for name in (NAMESPACE, "shop", "sandbox", "monitoring"):
        real_api.create_namespace(name)
    with Operators(real_api):
        yield real_api


@pytest.mark.parametrize("name", examples.NAMES)
def test_the_real_api_server_takes_every_object(
    request: pytest.FixtureRequest, cluster: ControlPlane, helm: Helm, name: str
) -> None:
    if name == "policy-mode":
        request.getfixturevalue("policy_api")  # which skips where it is not served
    found = examples.objects(helm, name)

    assert found
    for manifest in found:
        manifest["metadata"]["name"] += NEW
        assert refusal(cluster, manifest) is None


@pytest.mark.usefixtures("policy_api")
def test_no_name_is_too_long_for_its_kind(cluster: ControlPlane, helm: Helm) -> None:
    """Of a release whose own is as long as Helm takes it."""
    release = f"jasm-{'x' * 48}"
    chosen = ("defaults", "high-availability", "monitoring", "teams", "cert-manager", "policy-mode")
    texts = [helm.template(*examples.options(name), name=release) for name in chosen]
    found = [it for text in texts for it in yaml.safe_load_all(text) if it]

    assert {it["kind"] for it in found} >= {"Deployment", "Service", "HorizontalPodAutoscaler"}
    for manifest in found:
        assert refusal(cluster, manifest) is None


def refusal(cluster: ControlPlane, manifest: examples.Object) -> str | None:
    """What the API server says against it."""
    if manifest["kind"] == "Pod":
        del manifest["spec"]["serviceAccountName"]  # which a dry run does not store
    target = f"{manifests.path(manifest)}?fieldManager=t&fieldValidation=Strict&dryRun=All"
    answer = cluster.request("PATCH", target, manifest, APPLY)
    return None if answer.status in (200, 201) else str(answer.body["message"])


@pytest.mark.parametrize("settings", SETTINGS, ids=" ".join)
def test_it_takes_what_no_example_has(
    cluster: ControlPlane, helm: Helm, settings: list[str]
) -> None:
    for manifest in helm.objects(*(f"--set={it}" for it in settings)):
        manifest["metadata"]["name"] += NEW
        assert refusal(cluster, manifest) is None


@pytest.mark.parametrize(
    ("example", "kind", "misspelt"),
    [
        ("monitoring", "ServiceMonitor", {"endpoint": []}),
        ("monitoring", "PrometheusRule", {"group": []}),
        ("cert-manager", "Certificate", {"renewbefore": "1h"}),
        ("cert-manager", "Issuer", {"selfsigned": {}}),
    ],
)
def test_a_misspelt_field_of_an_operator_s_would_be_noticed(
    cluster: ControlPlane, helm: Helm, example: str, kind: str, misspelt: examples.Object
) -> None:
    manifest, *_ = examples.of_kind(examples.objects(helm, example), kind)
    manifest["spec"] |= misspelt

    said = refusal(cluster, manifest)

    (name,) = misspelt
    assert f".spec.{name}: field not declared in schema" in str(said)


@pytest.mark.parametrize("name", [it for it in examples.NAMES if it not in examples.ON_THE_NODE])
def test_every_pod_of_jasms_own_passes_pod_security_restricted(
    cluster: ControlPlane, helm: Helm, name: str
) -> None:
    namespace = "restricted"
    cluster.create_namespace(namespace, {"pod-security.kubernetes.io/enforce": "restricted"})

    for template in examples.pod_templates(examples.objects(helm, name)):
        metadata = {"name": "own", "namespace": namespace}
        spec = {key: it for key, it in template["spec"].items() if key not in ACCOUNT}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        answer = cluster.request("POST", f"{manifests.collection(pod)}?dryRun=All", pod)
        assert answer.status == 201, answer.body["message"]
