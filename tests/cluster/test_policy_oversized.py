"""Pods of 3 MiB in policy mode: refused with a sentence, for no more of the API server's CPU than
they cost it without the policy."""

import re
import uuid
from collections.abc import Iterator

import pytest

from initsync import keys
from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.testing.server import Answer
from tests.chart.helm import Helm
from tests.cluster.injector_side import create
from tests.cluster.policy_side import installed
from tests.injector import oversized
from tests.injector.golden_settings import DEFAULT

TRIES = 3
SPENT = re.compile(r"^process_cpu_seconds_total (\S+)", re.M)


@pytest.fixture(scope="module")
def api(policy_api: ControlPlane, helm: Helm) -> Iterator[ControlPlane]:
    with installed(policy_api, helm, DEFAULT):
        yield policy_api


def new_namespace(api: ControlPlane, labels: dict[str, str]) -> str:
    name = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(name, labels)
    return name


def cost(api: ControlPlane, namespace: str, shape: str) -> tuple[float, Answer | None]:
    """Seconds of the API server's CPU for one, and what it says in the 30 s that a client waits."""
    pod, answer = oversized.made(manifests.pod(namespace, "large"), shape), None
    seconds = []
    for _ in range(TRIES):
        before = spent(api)
        try:
            answer = create(api, pod)
        except OSError:
            return spent(api) - before, None
        seconds.append(spent(api) - before)
    return min(seconds), answer


def spent(api: ControlPlane) -> float:
    (seconds,) = SPENT.findall(str(api.request("GET", "/metrics").body))
    return float(seconds)


@pytest.mark.threat("A tenant is malicious")
@pytest.mark.parametrize("shape", oversized.SHAPES)
def test_an_oversized_pod_costs_no_more_than_without_the_policy(
    api: ControlPlane, shape: str
) -> None:
    excluded = new_namespace(api, {keys.NAMESPACE_LABEL: "disabled"})
    without, plain = cost(api, excluded, shape)
    seconds, answer = cost(api, new_namespace(api, {}), shape)

    said = answer.body["message"] if answer else "nothing"
    print(f"{shape}: {without:.2f} s without, {plain and plain.status}; {seconds:.2f} s with it")
    print(said[-200:])
    assert answer
    assert answer.status == 403
    assert re.search(r"no such key: [0-9]+ [a-zA-Z, ]+, and [0-9]+ are the most$", said)
    assert seconds <= 1.3 * without


def test_one_that_asks_for_no_secret_is_not_its_business(api: ControlPlane) -> None:
    pod = manifests.pod(new_namespace(api, {}), "large")
    pod["spec"]["volumes"] = [{"name": f"v{number}", "emptyDir": {}} for number in range(2100)]

    assert create(api, pod).status == 201
