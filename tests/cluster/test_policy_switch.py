"""From the webhook to the policy and back while pods are created all the while: none is lost.

As docs/injection-without-a-webhook.md has it: in two steps, with the policy beside the webhook between.
"""

from collections.abc import Iterator

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import IMAGE, Webhook
from injector.settings import Settings
from tests.chart.helm import Helm
from tests.cluster.injector_side import annotated, create, is_injected, register
from tests.cluster.load import Load
from tests.cluster.policy_side import rendered
from tests.polling import until

LEAST = 30  # pods created in each state
SETTINGS = Settings(IMAGE)
OTHER_IMAGE = Settings("jasm/init:policy")  # tells who injected


@pytest.fixture
def api(real_api: ControlPlane) -> Iterator[ControlPlane]:
    yield real_api
    real_api.unregister_webhook()


def more(load: Load) -> None:
    """Return when pods were created in the state as it is now."""
    before = load.injected
    until(lambda: load.injected >= before + LEAST or bool(load.failures), "pods are created")


def image(api: ControlPlane) -> str:
    answer = create(api, annotated("default"))
    return str(answer.body["spec"]["initContainers"][0]["image"])


def delete(api: ControlPlane, objects: list[dict[str, object]]) -> None:
    for manifest in objects:
        api.request("DELETE", manifests.path(manifest))


def test_no_pod_is_lost_on_the_way_to_the_policy_and_back(api: ControlPlane, helm: Helm) -> None:
    policy = rendered(helm, OTHER_IMAGE)
    with Webhook() as before, Webhook() as after:
        register(api, before.url, before.ca_pem)
        api.await_webhooks()
        with Load(api, "default") as load:
            more(load)
            for manifest in policy:
                api.apply(manifest)
            until(lambda: image(api) == OTHER_IMAGE.image, "the policy is in force")
            calls = before.calls()
            more(load)
            assert before.calls() == calls, "the policy comes first: the injector is not asked"
            before.close()
            more(load)
            api.unregister_webhook()
            more(load)

            register(api, after.url, after.ca_pem)
            api.await_webhooks()
            more(load)
            delete(api, policy)
            until(lambda: image(api) == IMAGE, "the policy is gone")
            more(load)

    assert load.failures == []


def test_in_one_step_pods_are_refused_until_the_policy_is_in_force(
    api: ControlPlane, helm: Helm
) -> None:
    """Why there are two steps: an API server looks for policies once a second."""
    policy = rendered(helm, SETTINGS)
    with Webhook() as webhook:
        register(api, webhook.url, webhook.ca_pem)
        api.await_webhooks()
    refused = create(api, annotated("default"))
    for manifest in policy:
        api.apply(manifest)
    try:
        at_once = create(api, annotated("default"))
        until(lambda: is_injected(create(api, annotated("default"))), "the policy is in force")
    finally:
        delete(api, policy)

    assert (refused.status, at_once.status) == (500, 500)
