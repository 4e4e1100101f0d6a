"""A LimitRange's minimum on the real API server: a sidecar has at least what it shows of itself."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.client import Answer
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests.chart.helm import Helm
from tests.cluster.injector_side import annotated, create, register
from tests.cluster.policy_side import installed
from tests.golden.settings import DEFAULT
from tests.polling import until


@pytest.fixture(params=["webhook", "policy"])
def injecting(
    request: pytest.FixtureRequest, real_api: ControlPlane, helm: Helm, webhook: Webhook
) -> Iterator[ControlPlane]:
    """By either."""
    if request.param == "policy":
        with installed(request.getfixturevalue("policy_api"), helm, DEFAULT):
            yield real_api
        return
    register(real_api, webhook.url, webhook.ca_pem)
    real_api.await_webhooks()
    yield real_api
    real_api.unregister_webhook()


def limited(api: ControlPlane, **limits: Any) -> str:
    """A namespace with a LimitRange for containers, in force."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(name)
    item = {"type": "Container", **limits}
    limit_range = {"apiVersion": "v1", "kind": "LimitRange", "spec": {"limits": [item]}}
    api.apply(limit_range | {"metadata": {"name": "limits", "namespace": name}})
    plain = manifests.pod(name, "plain", {})
    ranged = "kubernetes.io/limit-ranger"
    until(lambda: ranged in create(api, plain).body["metadata"].get("annotations", {}), "in force")
    return name


def sidecar(api: ControlPlane, namespace: str, **resources: Any) -> Answer:
    pod = annotated(namespace, annotations={keys.MODE: keys.SIDECAR})
    pod["spec"]["containers"][0]["resources"] = resources
    return create(api, pod)


def of_ours(answer: Answer) -> Any:
    assert answer.status == 201, answer.body["message"]
    (ours,) = answer.body["spec"]["initContainers"]
    return ours["resources"]


def test_a_sidecar_has_the_minimum_that_the_apps_own_request_shows(injecting: ControlPlane) -> None:
    namespace = limited(injecting, min={"cpu": "200m", "memory": "128Mi"})

    least = {"cpu": "200m", "memory": "128Mi"}
    assert of_ours(sidecar(injecting, namespace)) == {"requests": least}


def test_a_default_that_is_no_minimum_makes_no_sidecar_larger(injecting: ControlPlane) -> None:
    namespace = limited(
        injecting,
        default={"cpu": "1", "memory": "1Gi"},
        defaultRequest={"cpu": "500m", "memory": "512Mi"},
    )

    own = {"cpu": "100m", "memory": "48Mi"}
    assert of_ours(sidecar(injecting, namespace)) == {"requests": own, "limits": own}


def test_a_minimum_that_nothing_shows_is_refused_in_the_words_of_troubleshooting(
    injecting: ControlPlane,
) -> None:
    namespace = limited(injecting, min={"memory": "64Mi"})
    pod = annotated(namespace, annotations={keys.MODE: keys.SIDECAR})
    pod["spec"]["containers"][0]["resources"] = {"limits": {"memory": "256Mi"}}

    refused = create(injecting, pod)
    pod["metadata"]["annotations"][keys.MEMORY] = "64Mi"
    taken = create(injecting, pod)

    assert refused.status == 403
    assert "minimum memory usage per Container is 64Mi, but " in refused.body["message"]
    assert of_ours(taken)["requests"] == {"memory": "64Mi"}
