"""From the webhook to the policy and back while pods are created all the while: none is lost.

As docs/injection-without-a-webhook.md has it: in two steps, with both there in between.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import Binaries, ControlPlane
from initsync.testing.webhook import IMAGE, Webhook
from injector.settings import Settings
from tests.chart.helm import CHART, NAMESPACE, Helm
from tests.cluster.injector_side import annotated, create, is_injected, register
from tests.cluster.load import Load
from tests.cluster.policy_side import injects, rendered
from tests.cluster.release import Release
from tests.polling import until

WEBHOOK, POLICY = "injection.mode=webhook", "injection.mode=policy"
BOTH = "injection.policy.besideWebhook=true"


@pytest.fixture
def cluster(binaries: Binaries, policy_api: ControlPlane) -> Iterator[ControlPlane]:
    """One of its own, for a release."""
    with ControlPlane(binaries) as own:
        for name in (NAMESPACE, "shop"):
            own.create_namespace(name)
        yield own


@pytest.fixture
def release(
    cluster: ControlPlane, helm: Helm, webhook: Webhook, tmp_path: Path
) -> Iterator[Release]:
    with Release(cluster, helm, webhook, tmp_path) as ours:
        yield ours


def is_asked(api: ControlPlane, webhook: Webhook) -> bool:
    """Whether the injector hears of a pod that is made now."""
    calls = webhook.calls()
    create(api, annotated("shop"))
    return webhook.calls() > calls


def test_no_pod_is_lost_on_the_way_to_the_policy_and_back(
    cluster: ControlPlane, release: Release, webhook: Webhook
) -> None:
    release.apply("install", CHART, WEBHOOK)
    until(lambda: injects(cluster), "the webhook is in force")

    with Load(cluster, "shop") as load:
        load.more()
        release.apply("upgrade", CHART, WEBHOOK, BOTH)
        until(lambda: not is_asked(cluster, webhook), "the policy is in force")
        load.more()
        release.apply("upgrade", CHART, POLICY)
        load.more()
        release.apply("upgrade", CHART, WEBHOOK, BOTH)
        load.more()
        assert not is_asked(cluster, webhook), "the policy comes first"
        release.apply("upgrade", CHART, WEBHOOK)
        until(lambda: is_asked(cluster, webhook), "the policy is gone")
        load.more()

    assert load.failures == []


def test_installed_with_the_policy_and_uninstalled_it_leaves_no_pod_waiting(
    cluster: ControlPlane, release: Release, webhook: Webhook
) -> None:
    release.apply("install", CHART, POLICY)
    until(lambda: injects(cluster), "the policy is in force")
    asked = is_asked(cluster, webhook)

    with Load(cluster, "shop", good=lambda _: True) as load:
        release.helm.release("uninstall")
        until(lambda: not injects(cluster), "the policy is gone")
        load.more()

    assert not asked
    assert load.failures == []


def test_in_one_step_pods_are_refused_until_the_policy_is_in_force(
    policy_api: ControlPlane, helm: Helm
) -> None:
    """Why there are two steps: an API server looks for policies once a second."""
    policy = rendered(helm, Settings(IMAGE))
    with Webhook() as ended:
        register(policy_api, ended.url, ended.ca_pem)
        policy_api.await_webhooks()
    refused = create(policy_api, annotated("default"))
    try:
        for manifest in policy:
            policy_api.apply(manifest)
        at_once = create(policy_api, annotated("default"))
        until(lambda: is_injected(create(policy_api, annotated("default"))), "it is in force")
    finally:
        for manifest in policy:
            policy_api.request("DELETE", manifests.path(manifest))
        policy_api.unregister_webhook()

    assert (refused.status, at_once.status) == (500, 500)
