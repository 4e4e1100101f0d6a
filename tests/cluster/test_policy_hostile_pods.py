"""What the policy costs: pods of many parts are injected, and beyond its budget only their maker
hears of it. https://kubernetes.io/docs/reference/using-api/cel/#runtime-cost-budget"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from tests.chart.helm import Helm
from tests.cluster import neighbour
from tests.cluster.injector_side import ANNOTATION, annotated, create, is_injected
from tests.cluster.policy_side import installed
from tests.golden.settings import DEFAULT

MANY = 300


@pytest.fixture(scope="module")
def api(policy_api: ControlPlane, helm: Helm) -> Iterator[ControlPlane]:
    with installed(policy_api, helm, DEFAULT):
        yield policy_api


@pytest.fixture(scope="module")
def namespace(policy_api: ControlPlane) -> str:
    name = f"t-{uuid.uuid4().hex[:10]}"
    policy_api.create_namespace(name)
    return name


def volumes_of_the_secret(pod: dict[str, Any], many: int) -> None:
    items = [{"key": f"k{number}", "path": f"p{number}"} for number in range(5)]
    secret = {"secretName": "db", "items": items}
    pod["spec"]["volumes"] = [{"name": f"v{number}", "secret": secret} for number in range(many)]


def projected_sources(pod: dict[str, Any], many: int) -> None:
    source = {"secret": {"name": "db"}}
    pod["spec"]["volumes"] = [{"name": "all", "projected": {"sources": [source] * many}}]


def volumes_with_our_names(pod: dict[str, Any], many: int) -> None:
    taken = ["jasm-token", *(f"jasm-token-{number}" for number in range(1, many))]
    pod["spec"]["volumes"] = [{"name": name, "emptyDir": {}} for name in taken]


def containers_with_resources(pod: dict[str, Any], many: int) -> None:
    limits = {"cpu": "10m", "memory": "32Mi"}
    app = {"image": "i", "resources": {"limits": limits}}
    pod["spec"]["containers"] = [app | {"name": f"c{number}"} for number in range(many)]


def init_containers_with_ports(pod: dict[str, Any], many: int) -> None:
    pod["metadata"]["annotations"] |= {keys.MODE: "sidecar", keys.METRICS_PORT: "9102"}
    pod["spec"]["initContainers"] = [
        {"name": f"c{number}", "image": "i", "ports": [{"containerPort": number + 1}]}
        for number in range(many)
    ]


def variables_beside_an_aws_token(pod: dict[str, Any], many: int) -> None:
    (app,) = pod["spec"]["containers"]
    app["env"] = [{"name": f"V{number}", "value": "x" * 100} for number in range(many)]
    app["volumeMounts"] = [{"name": "aws-iam-token", "mountPath": "/token"}]
    pod["spec"]["volumes"] = [{"name": "aws-iam-token", "emptyDir": {}}]


def variables_beside_a_whole_azure_identity(pod: dict[str, Any], many: int) -> None:
    variables_beside_an_aws_token(pod, many)
    pod["metadata"]["labels"] = neighbour.AZURE_LABEL
    neighbour.adds_an_azure_identity(pod)


def a_long_annotation(pod: dict[str, Any], many: int) -> None:
    comment = "# " + "x" * 800 * many  # of 256 KiB that all annotations may have
    pod["metadata"]["annotations"][keys.ANNOTATION] = f"{comment}\n{ANNOTATION}"
    volumes_of_the_secret(pod, 1)  # else nobody reads it


def an_annotation_of_lines(pod: dict[str, Any], many: int) -> None:
    pod["metadata"]["annotations"][keys.ANNOTATION] = "# secretName\n" * 60 * many + ANNOTATION
    volumes_of_the_secret(pod, 1)


def the_longest_list(pod: dict[str, Any], many: int) -> None:
    entry = "- provider: aws-secretsmanager\n  path: /prod/{0}\n  secretName: a.name-of-{0}\n"
    entry += "  annotations: {{x: " + "y" * 4500 + "}}\n"
    text = "secrets:\n" + "".join(entry.format(number) for number in range(50))
    pod["metadata"]["annotations"][keys.ANNOTATION] = text
    pod["spec"]["volumes"] = [
        {"name": f"v{number}", "secret": {"secretName": f"a.name-of-{number % 50}"}}
        for number in range(many)
    ]


SHAPES = [
    volumes_of_the_secret,
    projected_sources,
    volumes_with_our_names,
    containers_with_resources,
    init_containers_with_ports,
    variables_beside_an_aws_token,
    variables_beside_a_whole_azure_identity,
    a_long_annotation,
    an_annotation_of_lines,
    the_longest_list,
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pod_of_many_parts_is_injected(api: ControlPlane, namespace: str, shape: Any) -> None:
    pod = annotated(namespace)
    shape(pod, MANY)

    answer = create(api, pod)

    assert answer.status == 201, answer.body["message"][-300:]
    assert is_injected(answer)


def test_a_pod_beyond_the_budget_is_refused_with_the_reason(
    api: ControlPlane, namespace: str
) -> None:
    pod = annotated(namespace)
    volumes_with_our_names(pod, 1900)  # within the bounds

    answer = create(api, pod)

    assert answer.status == 403
    assert "cost limit exceeded" in answer.body["message"]
    assert answer.body["message"].startswith("policy 'jasm-injection'")


def test_the_same_pod_without_the_annotation_is_not_its_business(
    api: ControlPlane, namespace: str
) -> None:
    pod = manifests.pod(namespace, "web")
    volumes_with_our_names(pod, 1900)  # within the bounds

    assert create(api, pod).status == 201
