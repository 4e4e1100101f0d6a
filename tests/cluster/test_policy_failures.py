"""The policy, broken or half deleted: pods that ask for no secret never notice."""

import json

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.testing.server import Answer
from tests.chart.helm import Helm
from tests.cluster.guard import new_namespace
from tests.cluster.injector_side import annotated, create, is_injected
from tests.cluster.policy_side import install, installed, remove, rendered
from tests.golden.settings import DEFAULT
from tests.polling import until

FAILING = [{"name": "own", "expression": "object.spec.containers[7].name == 'x'"}]


@pytest.fixture
def namespace(policy_api: ControlPlane) -> str:
    return new_namespace(policy_api)


@pytest.mark.parametrize("gone", ["policy", "binding"])
def test_when_half_of_it_is_deleted_pods_start_without_it(
    policy_api: ControlPlane, helm: Helm, namespace: str, gone: str
) -> None:
    with installed(policy_api, helm, DEFAULT) as (policy, binding):
        remove(policy_api, [policy if gone == "policy" else binding])
        asking = create(policy_api, annotated(namespace))
        install(policy_api, [policy, binding])

    assert (asking.status, is_injected(asking)) == (201, False)


def test_what_it_cannot_evaluate_stops_only_pods_that_ask_for_a_secret(
    policy_api: ControlPlane, helm: Helm, namespace: str
) -> None:
    """By a condition of the platform team's own that fails whatever it is asked about."""
    condition = f"--set-json=webhook.matchConditions={json.dumps(FAILING)}"
    failing = rendered(helm, DEFAULT, condition)
    ignored = rendered(helm, DEFAULT, condition, "--set=webhook.failurePolicy=Ignore")

    def asking() -> Answer:
        return create(policy_api, annotated(namespace))

    try:
        for manifest in failing:
            policy_api.apply(manifest)
        until(lambda: asking().status == 403, "pods that ask for a secret are refused")
        refused = asking()
        plain = create(policy_api, manifests.pod(namespace, "web"))
        for manifest in ignored:
            policy_api.apply(manifest)
        until(lambda: asking().status == 201, "they are not refused any more")
        started = asking()
    finally:
        remove(policy_api, failing)

    assert "index out of bounds" in refused.body["message"]
    assert plain.status == 201
    assert not is_injected(started)
