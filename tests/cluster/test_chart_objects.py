"""What the chart renders, with every example, is what the real API server takes, to the letter."""

from collections.abc import Iterator
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.closing import Closing
from initsync.testing.controlplane import ControlPlane
from tests.chart import examples
from tests.chart.helm import NAMESPACE, Helm
from tests.polling import until

NEW = "-of-chart"  # the real ones may be registered by other tests
ACCOUNT = ("serviceAccountName", "serviceAccount")  # of another namespace
# Of operators that are not here: their names, and any content.
FOREIGN = {
    "monitoring.coreos.com": ("ServiceMonitor", "PrometheusRule"),
    "cert-manager.io": ("Certificate", "Issuer"),
}


def definition(group: str, kind: str) -> dict[str, Any]:
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
    }


class Definitions(Closing):
    """Of FOREIGN, until the end of the `with` block."""

    def __init__(self, api: ControlPlane) -> None:
        self._api = api
        self._all = [definition(group, kind) for group, kinds in FOREIGN.items() for kind in kinds]
        for it in self._all:
            api.apply(it)
        until(lambda: all(self._is_served(it) for it in self._all))

    def close(self) -> None:
        """Remove them."""
        for it in self._all:
            self._api.request("DELETE", manifests.path(it))

    def _is_served(self, it: dict[str, Any]) -> bool:
        path = f"/apis/{it['spec']['group']}/v1/{it['spec']['names']['plural']}"
        return self._api.request("GET", path).status == 200


@pytest.fixture(scope="module")
def cluster(real_api: ControlPlane) -> Iterator[ControlPlane]:
    for name in (NAMESPACE, "shop", "sandbox", "monitoring"):
        real_api.create_namespace(name)
    with Definitions(real_api):
        yield real_api


@pytest.mark.parametrize("name", examples.NAMES)
def test_the_real_api_server_takes_every_object(
    cluster: ControlPlane, helm: Helm, name: str
) -> None:
    found = examples.objects(helm, name)

    assert found
    for manifest in found:
        manifest["metadata"]["name"] += NEW
        if manifest["kind"] == "Pod":
            del manifest["spec"]["serviceAccountName"]  # which a dry run does not store
        target = f"{manifests.path(manifest)}?fieldManager=t&fieldValidation=Strict&dryRun=All"
        answer = cluster.request("PATCH", target, manifest, "application/apply-patch+yaml")
        assert answer.status in (200, 201), answer.body["message"]


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
