"""What a webhook in the injector's place may do, and what keeps it from more (docs/security.md)."""

import copy
import uuid
from pathlib import Path
from typing import Any

import pytest

from initsync.testing.controlplane import ControlPlane
from initsync.testing.server import Answer
from tests.cluster.injector_side import annotated, create
from tests.cluster.neighbour import Change, neighbouring

ENFORCE = "pod-security.kubernetes.io/enforce"
LEVELS = ["baseline", "restricted"]
SECURE: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def takes_what_is_in_the_namespace(spec: dict[str, Any]) -> None:
    """Another's ServiceAccount, and another's Secret."""
    spec["serviceAccountName"] = spec["serviceAccount"] = "payments"
    volume = {"name": "taken", "secret": {"secretName": "payments"}}
    spec["volumes"] = [it for it in spec["volumes"] if it["name"] != "taken"] + [volume]
    own = {"name": "thief", "image": "thief", "securityContext": copy.deepcopy(SECURE)}
    spec["containers"] = [own]


def takes_the_node(spec: dict[str, Any]) -> None:
    """Its files, and all rights on it."""
    spec["volumes"] = [{"name": "node", "hostPath": {"path": "/"}}]
    spec["containers"] = [
        {"name": "thief", "image": "thief", "securityContext": {"privileged": True}}
    ]


def moves_it(metadata: dict[str, Any]) -> None:
    """To where the platform's own pods are."""
    metadata["namespace"] = "kube-system"


def created(
    api: ControlPlane, directory: Path, change: Change, level: str, part: str = "spec"
) -> Answer:
    """The answer to an annotated pod in a namespace of that Pod Security level."""
    namespace = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(namespace, {ENFORCE: level})
    for account in ("default", "payments"):
        api.create_service_account(namespace, account)
    pod = annotated(namespace)
    pod["spec"]["containers"][0]["securityContext"] = SECURE
    with neighbouring(api, directory, "a-compromised", namespace, change, "Never", part):
        return create(api, pod)


@pytest.mark.threat("The injector is compromised")
@pytest.mark.parametrize("level", ["privileged", *LEVELS])
def test_it_may_make_of_an_annotated_pod_whatever_its_namespace_has(
    real_api: ControlPlane, tmp_path: Path, level: str
) -> None:
    answer = created(real_api, tmp_path, takes_what_is_in_the_namespace, level)

    assert answer.status == 201, answer.body
    assert answer.body["spec"]["serviceAccountName"] == "payments"


@pytest.mark.threat("The injector is compromised")
def test_without_pod_security_it_may_have_the_node(real_api: ControlPlane, tmp_path: Path) -> None:
    """Else the next test would show nothing."""
    assert created(real_api, tmp_path, takes_the_node, "privileged").status == 201


@pytest.mark.threat("The injector is compromised")
@pytest.mark.parametrize("level", LEVELS)
def test_where_pod_security_is_enforced_the_node_stays_out_of_reach(
    real_api: ControlPlane, tmp_path: Path, level: str
) -> None:
    answer = created(real_api, tmp_path, takes_the_node, level)

    assert answer.status == 403
    assert f'violates PodSecurity "{level}' in answer.body["message"]


@pytest.mark.threat("The injector is compromised")
def test_it_moves_no_pod_to_another_namespace(real_api: ControlPlane, tmp_path: Path) -> None:
    answer = created(real_api, tmp_path, moves_it, "privileged", "metadata")

    assert answer.status == 400
    assert "namespace" in answer.body["message"]
