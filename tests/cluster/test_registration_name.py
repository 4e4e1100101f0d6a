"""Another webhook gives pods the annotation: whose registration's name comes first decides."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.client import MERGE
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests.chart.examples import one
from tests.chart.helm import Helm
from tests.cluster.by_hand import subcommand, write_kubeconfig
from tests.cluster.injector_side import ANNOTATION, create, is_injected
from tests.cluster.listed import app, maker
from tests.cluster.neighbour import neighbouring
from tests.cluster.release import encoded
from tests.polling import until

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


def owned(api: ControlPlane, namespace: str, kind: str = "ReplicaSet") -> dict[str, Any]:
    """A pod as its controller makes it: without the annotation, as its template is."""
    owner = api.create(maker(kind, namespace, "web-5d", {"containers": [app()]}))
    made = manifests.pod(namespace, "web", {})
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": "web-5d", "controller": True}
    made["metadata"]["ownerReferences"] = [reference | {"uid": owner["metadata"]["uid"]}]
    return made


def advice(api: ControlPlane, namespace: str, place: Path) -> tuple[str, str]:
    """What `list --missed` says of the one pod, and `doctor`."""
    config = write_kubeconfig(place / "config", api, namespace)
    (missed,) = json.loads(
        subcommand(config, "list", "--missed", "-n", namespace, "-o", "json").stdout
    )
    told = subcommand(config, "doctor", "--pod", missed["pod"]).stdout.splitlines()
    (line,) = (one for one in told if "injection: " in one)
    return missed["why"], line


@pytest.mark.parametrize("registered", [""], indirect=True)
@pytest.mark.parametrize("kind", ["ReplicaSet", "StatefulSet", "Job"])
def test_a_pod_that_is_annotated_too_late_is_told_so_and_not_to_be_deleted(
    registered: ControlPlane, tmp_path: Path, kind: str
) -> None:
    name = f"t-{uuid.uuid4().hex[:10]}"
    registered.create_namespace(name)
    made = owned(registered, name, kind)

    with neighbouring(registered, tmp_path, KYVERNO, name, annotates, "Never", part="metadata"):
        create(registered, made, dry_run=False)
        why, line = advice(registered, name, tmp_path)

    assert why == (
        f"the pod template of {kind} web-5d has no annotation: a webhook gives it, and is called "
        f"after JASM's ({KYVERNO}): name JASM's behind it (webhook.name of the chart: "
        f"m-jasm-injector), or put the annotation into the pod template of {kind} web-5d"
    )
    assert line == f"failed  injection: jasm-init is not in the pod: {why}"


@pytest.mark.parametrize("registered", ["m-jasm-injector"], indirect=True)
def test_a_pod_that_was_annotated_when_it_was_there_is_told_by_whom(
    registered: ControlPlane, tmp_path: Path
) -> None:
    name = f"t-{uuid.uuid4().hex[:10]}"
    registered.create_namespace(name)
    made = owned(registered, name)
    create(registered, made, dry_run=False)
    until_a_second_later(registered, made)

    path = f"{manifests.path(made)}?fieldManager=kubectl-annotate"
    later = {"metadata": {"annotations": {keys.ANNOTATION: ANNOTATION}}}
    assert registered.request("PATCH", path, later, MERGE).status == 200
    why, line = advice(registered, name, tmp_path)

    assert why == (
        "kubectl-annotate annotated it after it was made: put the annotation into the pod template "
        "of ReplicaSet web-5d"
    )
    assert line.endswith(why)


def until_a_second_later(api: ControlPlane, made: dict[str, Any]) -> None:
    """The API server's times have no fractions."""
    created = api.get(made)["metadata"]["creationTimestamp"]
    probe = manifests.config_map(made["metadata"]["namespace"], "now", {})

    def now() -> str:
        answer = api.request("POST", f"{manifests.collection(probe)}?dryRun=All", probe)
        return str(answer.body["metadata"]["creationTimestamp"])

    until(lambda: now() > created, "a second has passed")
