"""From the webhook to the policy and back while pods are created all the while: none is lost.

As docs/injection-without-a-webhook.md has it: in two steps, with both there in between. Of the same
`helm upgrade` twice they come by themselves.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.injection.settings import InjectionSettings
from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import IMAGE, Webhook
from tests.chart.helm import CHART, Helm
from tests.cluster.injector_side import annotated, create, is_injected, register
from tests.cluster.load import Load
from tests.cluster.policy_side import injects, remove, rendered, serves_policies
from tests.cluster.release import Release, release_cluster
from tests.full import FULL, only_in_full
from tests.polling import until

pytestmark = pytest.mark.timeout(300)  # 25 s each; Helm is slow where others work beside it
WEBHOOK, POLICY = "injection.mode=webhook", "injection.mode=policy"
BOTH = "injection.policy.besideWebhook=true"
# Down the revisions one by one, and at once, which is harder and so tried each time.
ROLLBACKS = (("2", "1"), ("1",)) if FULL else (("1",),)
GROUP = "/apis/admissionregistration.k8s.io/v1"


@pytest.fixture
def cluster(spare_api: ControlPlane) -> Iterator[ControlPlane]:
    if not serves_policies(spare_api):
        pytest.skip("this Kubernetes has no MutatingAdmissionPolicy in v1")
    with release_cluster(spare_api) as own:
        yield own


@pytest.fixture
def release(
    cluster: ControlPlane, helm: Helm, webhook: Webhook, tmp_path: Path
) -> Iterator[Release]:
    with Release(cluster, helm, webhook, tmp_path) as ours:
        yield ours


def installed(cluster: ControlPlane, release: Release, mode: str) -> None:
    """In force when this returns."""
    release.apply("install", CHART, mode)
    until(lambda: injects(cluster), f"{mode} is in force")


def is_asked(api: ControlPlane, webhook: Webhook) -> bool:
    """Whether the injector hears of a pod that is made now."""
    calls = webhook.calls()
    create(api, annotated("shop"))
    return webhook.calls() > calls


def is_there(api: ControlPlane) -> tuple[bool, bool]:
    """The webhook's registration, and the policy."""
    names = (
        "mutatingwebhookconfigurations/jasm-injector",
        "mutatingadmissionpolicies/jasm-injection",
    )
    webhook, policy = (api.request("GET", f"{GROUP}/{name}").status == 200 for name in names)
    return webhook, policy


def test_the_same_upgrade_twice_is_the_way_to_the_policy_and_back_and_no_pod_is_lost(
    cluster: ControlPlane, release: Release, webhook: Webhook
) -> None:
    installed(cluster, release, WEBHOOK)

    with Load(cluster, "shop") as load:
        load.more()
        for mode, last in ((POLICY, (False, True)), (WEBHOOK, (True, False))):
            assert "Run the same helm upgrade again" in release.apply("upgrade", CHART, mode)
            assert is_there(cluster) == (True, True)
            load.more()
            until(lambda: not is_asked(cluster, webhook), "the policy is in force")
            assert "Run the same" not in release.apply("upgrade", CHART, mode)
            assert is_there(cluster) == last
            load.more()
        until(lambda: is_asked(cluster, webhook), "the policy is gone")
        load.more()

    assert load.failures == []


def test_rolled_back_by_its_revisions_or_at_once_no_pod_is_missed(
    cluster: ControlPlane, release: Release, webhook: Webhook
) -> None:
    """Here the injector serves at once; elsewhere pods are refused until it does, never missed."""
    installed(cluster, release, WEBHOOK)

    with Load(cluster, "shop") as load:
        for revisions in ROLLBACKS:
            release.apply("upgrade", CHART, POLICY)
            until(lambda: not is_asked(cluster, webhook), "the policy is in force")
            release.apply("upgrade", CHART, POLICY)
            load.more()
            for revision in revisions:
                release.helm.release("rollback", revision)
                load.more()
            assert is_there(cluster) == (True, False)
            until(lambda: is_asked(cluster, webhook), "the policy is gone")

    assert load.failures == []


@only_in_full
def test_in_steps_that_the_values_name_no_pod_is_lost_either(
    cluster: ControlPlane, release: Release, webhook: Webhook
) -> None:
    """For tools that do not see the cluster."""
    installed(cluster, release, WEBHOOK)

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
    installed(cluster, release, POLICY)
    asked = is_asked(cluster, webhook)

    with Load(cluster, "shop", good=lambda _: True) as load:
        release.helm.release("uninstall")
        until(lambda: not injects(cluster), "the policy is gone")
        load.more()

    assert not asked
    assert load.failures == []


def test_without_a_step_between_them_pods_are_missed(policy_api: ControlPlane, helm: Helm) -> None:
    """Why there is one: API servers look for policies once a second, and see webhooks at once."""
    assert any(missed_in_one_step(policy_api, helm) for _ in range(5))


def missed_in_one_step(api: ControlPlane, helm: Helm) -> bool:
    """Whether a pod that asks for a secret gets in without it, when the policy is made and the
    webhook deleted as Helm would do both. Within the same instant it may happen to be seen."""
    policy = rendered(helm, InjectionSettings(IMAGE))
    with Webhook() as serving:
        register(api, serving.url, serving.ca_pem)
        api.await_webhooks()
        try:
            for manifest in policy:
                api.apply(manifest)
            api.unregister_webhook()
            api.await_webhooks()
            return not is_injected(create(api, annotated("default")))
        finally:
            remove(api, policy)
