"""The policy among others on the real API server: who is injected, and beside whose webhooks."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from tests.chart.helm import Helm
from tests.cluster import neighbour
from tests.cluster.injector_side import annotated, create, is_injected
from tests.cluster.neighbour import neighbouring
from tests.cluster.policy_side import installed
from tests.golden.settings import DEFAULT


@pytest.fixture(scope="module")
def api(policy_api: ControlPlane, helm: Helm) -> Iterator[ControlPlane]:
    with installed(policy_api, helm, DEFAULT):
        yield policy_api


def stored(api: ControlPlane, pod: dict[str, Any]) -> Any:
    answer = create(api, pod)
    assert answer.status == 201, answer.body
    return answer.body


def names(pod: Any) -> list[str]:
    return [container["name"] for container in pod["spec"]["initContainers"]]


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
    api: ControlPlane, namespace: str, metadata: dict[str, Any], expected: bool
) -> None:
    assert is_injected(create(api, annotated(namespace, **metadata))) == expected


@pytest.mark.parametrize("excluded", ["labelled", "kube-system", "jasm-system"])
def test_a_namespace_opts_out_by_label_and_some_are_never_served(
    api: ControlPlane, namespace: str, excluded: str
) -> None:
    if excluded == "labelled":
        excluded = f"{namespace}-out"
        api.create_namespace(excluded, {keys.NAMESPACE_LABEL: "disabled"})
    else:
        api.create_namespace(excluded)

    assert not is_injected(create(api, annotated(excluded)))
    assert is_injected(create(api, annotated(namespace)))


def test_a_mirror_pod_is_left_alone(api: ControlPlane, namespace: str) -> None:
    pod = annotated(namespace, annotations={"kubernetes.io/config.mirror": "abc"})
    pod["spec"]["nodeName"] = "n1"

    answer = create(api, pod)

    assert (answer.status, is_injected(answer)) == (201, False)


def test_a_pod_that_is_stored_is_not_injected_by_its_next_change(
    api: ControlPlane, namespace: str
) -> None:
    pod = manifests.pod(namespace, "web")
    api.apply(pod)
    pod["metadata"]["annotations"] = annotated(namespace)["metadata"]["annotations"]

    changed = api.apply(pod)

    assert keys.ANNOTATION in changed["metadata"]["annotations"]
    assert "initContainers" not in changed["spec"]


# What it does, and the init containers where AWS's, Istio's or linkerd's webhook comes after us.
NEIGHBOURS = [
    (neighbour.adds_a_container_first, ["jasm-init"]),
    (neighbour.adds_variables_and_a_volume_everywhere, ["jasm-init"]),
    (neighbour.adds_an_init_container_first, ["agent-init", "jasm-init"]),
    (neighbour.adds_a_native_mesh_proxy_first, ["istio-proxy", "jasm-init"]),
    (neighbour.adds_a_native_mesh_proxy_last, ["jasm-init", "istio-proxy"]),
    (neighbour.adds_an_aws_identity, ["jasm-init"]),
]


@pytest.mark.parametrize("again", ["Never", "IfNeeded"])
@pytest.mark.parametrize(
    ("change", "expected"), NEIGHBOURS, ids=[change.__name__ for change, _ in NEIGHBOURS]
)
def test_every_webhook_comes_after_it_and_it_injects_once(
    api: ControlPlane,
    tmp_path: Path,
    namespace: str,
    change: neighbour.Change,
    expected: list[str],
    again: str,
) -> None:
    with neighbouring(api, tmp_path, "a-neighbour", namespace, change, again):
        pod = stored(api, annotated(namespace))

    assert names(pod) == expected
    assert [volume["name"] for volume in pod["spec"]["volumes"]].count("jasm-token") == 1


def test_the_aws_webhook_gives_its_identity_to_our_container(
    api: ControlPlane, tmp_path: Path, namespace: str
) -> None:
    change = neighbour.adds_an_aws_identity
    with neighbouring(api, tmp_path, "pod-identity-webhook", namespace, change, "Never"):
        (ours,) = stored(api, annotated(namespace))["spec"]["initContainers"]

    assert neighbour.ROLE in ours["env"]
    assert [mount["name"] for mount in ours["volumeMounts"]].count("aws-iam-token") == 1


def test_an_annotation_that_a_webhook_adds_comes_too_late(
    api: ControlPlane, tmp_path: Path, namespace: str
) -> None:
    asked = annotated(namespace)["metadata"]["annotations"]
    pod = manifests.pod(namespace, "web")

    def asks(metadata: dict[str, Any]) -> None:
        metadata["annotations"] = asked

    with neighbouring(api, tmp_path, "a-neighbour", namespace, asks, "Never", "metadata"):
        made = stored(api, pod)

    assert keys.ANNOTATION in made["metadata"]["annotations"]
    assert "initContainers" not in made["spec"]


def test_quota_limit_range_and_restricted_pods_are_met(api: ControlPlane) -> None:
    name = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(name, {"pod-security.kubernetes.io/enforce": "restricted"})
    hard = {
        "limits.cpu": "1",
        "limits.memory": "1Gi",
        "requests.cpu": "1",
        "requests.memory": "1Gi",
    }
    for kind, spec in {
        "ResourceQuota": {"hard": hard},
        "LimitRange": {"limits": [{"type": "Container", "max": {"cpu": "50m", "memory": "64Mi"}}]},
    }.items():
        metadata = {"name": "all", "namespace": name}
        api.apply({"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec})
    pod = annotated(name)
    (app,) = pod["spec"]["containers"]
    app["resources"] = {"limits": {"cpu": "50m", "memory": "64Mi"}}
    app["securityContext"] = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }

    made = stored(api, pod)

    assert names(made) == ["jasm-init"]
    assert made["status"]["qosClass"] == "Guaranteed"
