"""Another webhook gives pods the annotation: whose registration's name comes first decides."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests.chart.examples import one
from tests.chart.helm import Helm
from tests.cluster.injector_side import ANNOTATION, create, is_injected
from tests.cluster.neighbour import neighbouring
from tests.cluster.release import encoded

PATH = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
KYVERNO = "kyverno-resource-mutating-webhook-cfg"
"""Of Kyverno's mutate rules: https://github.com/kyverno/kyverno/blob/v1.15.0/pkg/config/config.go"""


def annotates(metadata: dict[str, Any]) -> None:
    """As a `mutate` rule of the platform team's does."""
    metadata.setdefault("annotations", {})[keys.ANNOTATION] = ANNOTATION


@pytest.fixture
def registered(
    request: pytest.FixtureRequest, real_api: ControlPlane, helm: Helm, webhook: Webhook
) -> Iterator[ControlPlane]:
    """As the chart has it with that webhook.name."""
    found = helm.objects(f"--set=webhook.name={request.param}")
    registration = one(found, "MutatingWebhookConfiguration")
    for entry in registration["webhooks"]:
        entry["clientConfig"] = {"url": webhook.url, "caBundle": encoded(webhook.ca_pem)}
    real_api.request("DELETE", f"{PATH}/jasm-injector")  # of a test before
    real_api.apply(registration)
    yield real_api
    real_api.request("DELETE", manifests.path(registration))
    real_api.await_webhooks()


@pytest.mark.parametrize("again", ["Never", "IfNeeded"])
@pytest.mark.parametrize(
    ("registered", "injected"),
    [("", False), ("m-jasm-injector", True)],
    indirect=["registered"],
    ids=["the chart's own", "behind it"],
)
def test_pods_are_injected_by_a_registration_behind_the_one_that_annotates_them(
    registered: ControlPlane, tmp_path: Path, injected: bool, again: str
) -> None:
    name = f"t-{uuid.uuid4().hex[:10]}"
    registered.create_namespace(name)

    with neighbouring(registered, tmp_path, KYVERNO, name, annotates, again, part="metadata"):
        answer = create(registered, manifests.pod(name, "p", {}))

    assert answer.body["metadata"]["annotations"][keys.ANNOTATION] == ANNOTATION
    assert is_injected(answer) == injected
