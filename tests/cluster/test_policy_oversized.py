"""Pods of 3 MiB in policy mode: refused with a sentence, for no more of the API server's CPU than
they cost it without the policy."""

import re
import uuid
from collections.abc import Iterator

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from tests.chart.helm import Helm
from tests.cluster.injector_side import create
from tests.cluster.policy_side import installed
from tests.cluster.test_guard_cost import spent
from tests.golden.settings import DEFAULT
from tests.injector.webhook import oversized

CPU = re.compile(r"^process_cpu_seconds_total (\S+)", re.M)
ADMISSION = "apiserver_admission_controller_admission_duration_seconds"
POLICIES = (ADMISSION, 'name="MutatingAdmissionPolicy"', 'operation="CREATE"')


@pytest.fixture(scope="module")
def api(policy_api: ControlPlane, helm: Helm) -> Iterator[ControlPlane]:
    with installed(policy_api, helm, DEFAULT):
        yield policy_api


@pytest.fixture
def namespace(api: ControlPlane) -> str:
    name = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(name)
    return name


def used(api: ControlPlane) -> float:
    """Seconds of the API server's CPU until now."""
    (seconds,) = CPU.findall(str(api.request("GET", "/metrics").body))
    return float(seconds)


@pytest.mark.threat("A tenant is malicious")
@pytest.mark.parametrize("shape", oversized.SHAPES)
def test_an_oversized_pod_costs_no_more_than_without_the_policy(
    api: ControlPlane, namespace: str, shape: str
) -> None:
    """All but the policy's share it costs without the policy, too, and much more: there the pod is
    validated and stored."""
    pod = oversized.made(manifests.pod(namespace, "large"), shape)
    share, whole = spent(api, *POLICIES)[0], used(api)

    answer = create(api, pod)

    share, whole = spent(api, *POLICIES)[0] - share, used(api) - whole
    said = answer.body["message"]
    print(f"{shape}: {whole:.2f} s of CPU, {share:.3f} s of it in policies; {said[-90:]}")
    assert answer.status == 403
    assert re.search(r"no such key: [0-9]+ [a-zA-Z, ]+, and [0-9]+ are the most$", said)
    assert whole <= 1.3 * (whole - share)


def test_one_that_asks_for_no_secret_is_not_its_business(api: ControlPlane, namespace: str) -> None:
    pod = manifests.pod(namespace, "large")
    pod["spec"]["volumes"] = [{"name": f"v{number}", "emptyDir": {}} for number in range(2100)]

    assert create(api, pod).status == 201
