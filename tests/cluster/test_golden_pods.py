"""Every golden pod's result is created by the real API server, Pod Security "restricted" on."""

import uuid
from typing import Any

import pytest
import yaml

from initsync.testing.controlplane import ControlPlane
from tests.places import GOLDEN

CASES = sorted(file.name.removesuffix(".expected.yaml") for file in GOLDEN.glob("*.expected.yaml"))
# What "restricted" asks of the app containers; the injected one must meet it by itself.
APP = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
SINCE_1_35 = {
    "container-restart-policy-job-restart-never",
    "container-restart-policy-wait-job-restart-never",
}
_SECCOMP = "restricted wants a profile, of the container's or of the pod's"
_ROOT = "restricted forbids root, whoever injects"
REFUSED = {
    "seccomp-left-out-by-the-platform": _SECCOMP,
    "seccomp-profile-left-out": _SECCOMP,
    "run-as-user-left-out-of-a-root-pod": _ROOT,
    "users-left-to-the-cluster-in-a-root-pod": _ROOT,
    "mirror-pod": "a static pod's shadow comes from a kubelet only",
    "host-network": "restricted forbids the host's network, whoever injects",
    "volume-names-mounted-by-an-app": "it mounts what it has not, and gets none of ours",
}


@pytest.fixture(scope="module")
def namespace(real_api: ControlPlane) -> str:
    name = f"golden-{uuid.uuid4().hex[:8]}"
    real_api.create_namespace(name, {"pod-security.kubernetes.io/enforce": "restricted"})
    real_api.create_service_account(name, "app")
    return name


def minor(api: ControlPlane) -> int:
    """Of the API server's version, such as 37."""
    return int(api.request("GET", "/version").body["minor"].rstrip("+"))


def prepared(case: str, namespace: str) -> Any:
    pod = yaml.safe_load((GOLDEN / f"{case}.expected.yaml").read_text())["pod"]
    pod["metadata"]["namespace"] = namespace
    pod["spec"].pop("futureField", None)
    if pod["spec"].get("os") == {"name": "windows"}:
        pod["spec"]["securityContext"] = {"runAsNonRoot": True}
        return pod  # Linux fields are forbidden there
    for container in [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or [])]:
        container.pop("futureField", None)
        if container["name"] != "jasm-init" or "command" not in container:
            container.setdefault("securityContext", APP)
    return pod


@pytest.mark.parametrize("case", [case for case in CASES if case not in REFUSED])
def test_the_result_is_a_pod_that_can_be_created(
    real_api: ControlPlane, namespace: str, case: str
) -> None:
    target = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
    if case in SINCE_1_35 and minor(real_api) < 35:
        pytest.skip("a container's own restartPolicy is known from Kubernetes 1.35")

    answer = real_api.request("POST", target, prepared(case, namespace))

    assert answer.status == 201, answer.body["message"]
