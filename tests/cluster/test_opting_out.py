"""The registration as it is shipped, on the real API server: who opts out is never sent to us."""

import base64
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from initsync import keys
from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook

SHIPPED = Path(__file__).parent.parent.parent / "deploy/manifests/mutatingwebhookconfiguration.yaml"
ANNOTATION = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"


@pytest.fixture
def api(real_api: ControlPlane) -> Iterator[ControlPlane]:
    """With the injector registered by the shipped manifest, at an address of this machine."""
    with Webhook() as webhook:
        shipped = yaml.safe_load(SHIPPED.read_text())
        bundle = base64.b64encode(webhook.ca_pem.encode()).decode()
        shipped["webhooks"][0]["clientConfig"] = {"url": webhook.url, "caBundle": bundle}
        real_api.apply(shipped)
        yield real_api
        real_api.unregister_webhook()


def injected(api: ControlPlane, namespace: str, **metadata: dict[str, str]) -> bool:
    pod = manifests.pod(namespace, f"p-{uuid.uuid4().hex[:6]}", {keys.ANNOTATION: ANNOTATION})
    for field, values in metadata.items():
        pod["metadata"][field] = pod["metadata"].get(field, {}) | values
    stored = api.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod).body
    return keys.INJECTED in stored["metadata"].get("annotations", {})


def in_force(api: ControlPlane, namespace: str) -> None:
    """The API server sees a registration a moment after it is stored."""
    deadline = time.monotonic() + 20
    while not injected(api, namespace):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, True),
        ({"labels": {keys.INJECT: "true"}}, True),
        ({"labels": {keys.INJECT: "false"}}, False),
        ({"annotations": {keys.INJECT: "false"}}, False),
    ],
)
def test_a_pod_opts_out_by_label_or_annotation(
    api: ControlPlane, namespace: str, metadata: dict[str, dict[str, str]], expected: bool
) -> None:
    in_force(api, namespace)

    assert injected(api, namespace, **metadata) == expected


@pytest.mark.parametrize("excluded", ["labelled", "kube-system", "jasm-system"])
def test_a_namespace_opts_out_by_label_and_some_are_never_served(
    api: ControlPlane, namespace: str, excluded: str
) -> None:
    in_force(api, namespace)
    if excluded == "labelled":
        excluded = f"{namespace}-out"
        api.create_namespace(excluded, {keys.NAMESPACE_LABEL: "disabled"})
    else:
        api.create_namespace(excluded)

    assert not injected(api, excluded)
