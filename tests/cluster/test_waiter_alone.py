"""`jasm-wait` has no token and no cloud identity, though its pod's other containers get both."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonpatch
import pytest

from initsync.injection.byhand import by_hand
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests.chart.helm import Helm
from tests.cluster import neighbour
from tests.cluster.guard import new_namespace
from tests.cluster.injector_side import annotated, create, register
from tests.cluster.neighbour import Change, neighbouring
from tests.cluster.policy_side import installed
from tests.golden.settings import DEFAULT

SKIPPED = "eks.amazonaws.com/skip-containers"
AWS = neighbour.adds_an_aws_identity_where_the_pod_lets_it
AZURE = neighbour.adds_an_azure_identity
clouds = pytest.mark.parametrize("cloud", [AWS, AZURE], ids=["aws", "azure"])
again = pytest.mark.parametrize("again", ["Never", "IfNeeded"])


@pytest.fixture
def namespace(real_api: ControlPlane) -> str:
    """Whose ServiceAccount has its token mounted, as Kubernetes' default is."""
    return new_namespace(real_api)


@pytest.fixture(scope="module")
def by_policy(policy_api: ControlPlane, helm: Helm) -> Iterator[ControlPlane]:
    with installed(policy_api, helm, DEFAULT):
        yield policy_api


@pytest.fixture
def by_webhook(real_api: ControlPlane, webhook: Webhook) -> Iterator[ControlPlane]:
    register(real_api, webhook.url, webhook.ca_pem)
    yield real_api
    real_api.unregister_webhook()
    real_api.await_webhooks()


def mounting(namespace: str, **annotations: str) -> dict[str, Any]:
    """A pod that has the Secret in a volume."""
    pod = annotated(namespace, annotations=annotations, labels=neighbour.AZURE_LABEL)
    mount = {"name": "db", "mountPath": "/db"}
    pod["spec"]["containers"][0]["volumeMounts"] = [mount]
    pod["spec"]["volumes"] = [{"name": "db", "secret": {"secretName": "db"}}]
    return pod


def waiter(api: ControlPlane, pod: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The container as it is stored, and the volumes that it mounts."""
    answer = create(api, pod)
    assert answer.status == 201, answer.body
    spec = answer.body["spec"]
    (app,) = spec["containers"]
    assert keys.SERVICEACCOUNT_DIR in [mount["mountPath"] for mount in app["volumeMounts"]]
    (found,) = (one for one in spec["initContainers"] if one["name"] == keys.WAITER)
    mounted = {mount["name"] for mount in found["volumeMounts"]}
    return found, [volume for volume in spec["volumes"] if volume["name"] in mounted]


def is_alone(found: dict[str, Any], volumes: list[dict[str, Any]]) -> None:
    sources = [it for volume in volumes for it in volume.get("projected", {}).get("sources", [])]
    assert [source for source in sources if "serviceAccountToken" in source] == []
    by_others = {"name": "JASM_MODE", "value": keys.WAIT} in found["env"]
    own = {"jasm-podinfo", "jasm-wait-0"} if by_others else {"jasm-handover"}
    assert {volume["name"] for volume in volumes} == {"db"} | own
    assert [it for it in found["env"] if it["name"].startswith(("AWS_", "AZURE_"))] == []


@pytest.mark.threat("A pod's token is stolen")
@again
@clouds
@pytest.mark.parametrize("name", ["a-neighbour", "z-neighbour"])
def test_by_the_webhook_in_both_orders_with_the_clouds(
    by_webhook: ControlPlane, namespace: str, tmp_path: Path, name: str, cloud: Change, again: str
) -> None:
    with neighbouring(by_webhook, tmp_path, name, namespace, cloud, again, part=""):
        is_alone(*waiter(by_webhook, mounting(namespace)))


@pytest.mark.threat("A pod's token is stolen")
@again
@clouds
def test_by_the_policy_which_is_always_before_the_clouds(
    by_policy: ControlPlane, namespace: str, tmp_path: Path, cloud: Change, again: str
) -> None:
    with neighbouring(by_policy, tmp_path, "a-neighbour", namespace, cloud, again, part=""):
        is_alone(*waiter(by_policy, mounting(namespace)))


@pytest.mark.threat("A pod's token is stolen")
@clouds
@pytest.mark.parametrize("way", ["by_webhook", "by_policy"])
def test_in_mode_wait_where_it_is_all_that_is_added(
    request: pytest.FixtureRequest, namespace: str, tmp_path: Path, way: str, cloud: Change
) -> None:
    api: ControlPlane = request.getfixturevalue(way)
    pod = mounting(namespace, **{keys.MODE: keys.WAIT})

    with neighbouring(api, tmp_path, "z-neighbour", namespace, cloud, "Never", part=""):
        found, volumes = waiter(api, pod)

    is_alone(found, volumes)
    assert {"name": "JASM_MODE", "value": keys.WAIT} in found["env"]


@pytest.mark.threat("A pod's token is stolen")
@clouds
def test_by_hand(real_api: ControlPlane, namespace: str, tmp_path: Path, cloud: Change) -> None:
    pod = mounting(namespace)
    made = jsonpatch.apply_patch(pod, by_hand(pod, DEFAULT).operations)

    with neighbouring(real_api, tmp_path, "a-neighbour", namespace, cloud, "Never", part=""):
        is_alone(*waiter(real_api, made))


@pytest.mark.parametrize("way", ["by_webhook", "by_policy"])
def test_the_containers_that_the_author_has_awss_webhook_skip_are_skipped(
    request: pytest.FixtureRequest, real_api: ControlPlane, namespace: str, tmp_path: Path, way: str
) -> None:
    api: ControlPlane = request.getfixturevalue(way)
    pod = mounting(namespace, **{SKIPPED: "app\n"})

    with neighbouring(api, tmp_path, "z-neighbour", namespace, AWS, "Never", part=""):
        made = create(api, pod).body["spec"]

    served = [
        container["name"]
        for container in [*made["initContainers"], *made["containers"]]
        if neighbour.ROLE in container.get("env", [])
    ]
    assert served == [keys.CONTAINER]
