"""What jasm-init copies of a large app: little, and every LimitRange, quota and QoS class holds."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests.chart.helm import Helm
from tests.cluster.injector_side import annotated, create, register
from tests.cluster.neighbour import neighbouring
from tests.cluster.policy_side import installed
from tests.golden.settings import DEFAULT

RATIO = {
    "type": "Container",
    "max": {"cpu": "4", "memory": "8Gi"},
    "min": {"cpu": "100m", "memory": "64Mi"},
    "maxLimitRequestRatio": {"cpu": "3", "memory": "4"},
}
QUOTA = {
    **{"requests.cpu": "4", "requests.memory": "8Gi"},
    **{"limits.cpu": "4", "limits.memory": "8Gi"},
}
LARGE = {"cpu": "4", "memory": "8Gi"}
LESS = {"cpu": "1334m", "memory": "2Gi"}
MOST = {"cpu": "1", "memory": "256Mi"}


@pytest.fixture(params=["webhook", "policy"])
def api(request: pytest.FixtureRequest, real_api: ControlPlane) -> Iterator[ControlPlane]:
    """That injects in one way or the other."""
    if request.param == "policy":
        policy_api: ControlPlane = request.getfixturevalue("policy_api")
        helm: Helm = request.getfixturevalue("helm")
        with installed(policy_api, helm, DEFAULT):
            yield policy_api
        return
    webhook: Webhook = request.getfixturevalue("webhook")
    register(real_api, webhook.url, webhook.ca_pem)
    real_api.await_webhooks()
    yield real_api
    real_api.unregister_webhook()
    real_api.await_webhooks()


@pytest.fixture
def namespace(real_api: ControlPlane) -> str:
    """Whose quota has room for the app alone."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    real_api.create_namespace(name)
    for kind, spec in {"ResourceQuota": {"hard": QUOTA}, "LimitRange": {"limits": [RATIO]}}.items():
        metadata = {"name": "all", "namespace": name}
        real_api.apply({"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec})
    return name


def large(namespace: str, **annotations: str) -> dict[str, Any]:
    pod = annotated(namespace, annotations=annotations)
    pod["spec"]["containers"][0]["resources"] = {"limits": LARGE, "requests": LARGE}
    return pod


def made(api: ControlPlane, namespace: str, own: dict[str, Any]) -> Any:
    pod = large(namespace)
    pod["spec"]["containers"][0]["resources"] = own
    answer = create(api, pod)
    assert answer.status == 201, answer.body
    return answer.body


@pytest.mark.parametrize(
    ("own", "copy", "qos"),
    [
        (
            {"limits": LARGE, "requests": LARGE},
            {"limits": MOST, "requests": MOST},
            "Guaranteed",
        ),
        (
            {"limits": LARGE, "requests": LESS},
            {"limits": MOST, "requests": {"cpu": "334m", "memory": "64Mi"}},
            "Burstable",
        ),
    ],
)
def test_limit_range_quota_and_qos_hold(
    api: ControlPlane, namespace: str, own: Any, copy: Any, qos: str
) -> None:
    pod = made(api, namespace, own)

    (init,) = pod["spec"]["initContainers"]
    assert (init["name"], init["resources"]) == (keys.CONTAINER, copy)
    assert pod["status"]["qosClass"] == qos


def rightsizes(spec: dict[str, Any]) -> None:
    """As the Vertical Pod Autoscaler's webhook does."""
    small = {"cpu": "200m", "memory": "300Mi"}
    spec["containers"][0]["resources"] = {"limits": small, "requests": small}


def test_an_app_that_a_later_webhook_makes_smaller_is_counted_by_the_most_alone(
    api: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    with neighbouring(api, tmp_path, "vpa-webhook-config", namespace, rightsizes, "Never"):
        pod = made(api, namespace, {"limits": LARGE, "requests": LARGE})

    (init,), (app,) = pod["spec"]["initContainers"], pod["spec"]["containers"]
    assert app["resources"]["requests"] == {"cpu": "200m", "memory": "300Mi"}
    assert init["resources"] == {"limits": MOST, "requests": MOST}
    assert pod["status"]["qosClass"] == "Guaranteed"


def test_where_containers_must_have_more_the_pod_says_how_much(
    api: ControlPlane, real_api: ControlPlane
) -> None:
    name = f"t-{uuid.uuid4().hex[:10]}"
    real_api.create_namespace(name)
    least = {"type": "Container", "min": {"cpu": "2"}}
    metadata = {"name": "all", "namespace": name}
    spec = {"limits": [least]}
    real_api.apply({"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": spec})

    refused = create(api, large(name))
    taken = create(api, large(name, **{f"{keys.PREFIX}cpu": "2"}))

    assert "minimum cpu usage per Container is 2, but request is 1" in refused.body["message"]
    assert taken.status == 201
