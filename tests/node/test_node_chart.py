"""The chart on a real node: installed, upgraded, broken, rolled back and gone, under load.

Those that hold on the control plane alone, too, and take minutes here, are left to FULL=1.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from initsync.testing.aws import AwsServer
from tests.chart.helm import NAMESPACE, PREVIOUS, HelmFailed
from tests.cluster.injector_side import annotated, create, is_injected
from tests.full import only_in_full
from tests.node.node import Node
from tests.node.release import REGISTRATION, SECRET, Release
from tests.node.team import Team, digest
from tests.node.test_node_env import ENV_FROM

pytestmark = pytest.mark.timeout(400)  # several rollouts, each with its graceful end
SECRET_LEFT = f"secrets {NAMESPACE}/{SECRET}"


@pytest.fixture
def shop(node: Node, aws: AwsServer) -> Team:
    created = Team(node.api, aws)
    created.put_secret()
    return created


@pytest.fixture
def release(
    request: pytest.FixtureRequest, node: Node, aws: AwsServer, shop: Team
) -> Iterator[Release]:
    helm = request.getfixturevalue(getattr(request, "param", "helm"))
    if node.api.request("GET", REGISTRATION).status == 200:
        pytest.fail("run this file before those that install the manifests")
    ours = Release(node, helm, aws, shop.namespace)
    yield ours
    ours.do("uninstall", "--ignore-not-found", "--wait")
    node.kubectl("delete", "namespace", NAMESPACE, "--wait")


def starts(team: Team, name: str) -> None:
    """A pod gets its Secret before it starts."""
    team.pod(name, ENV_FROM)
    team.await_phase(name, "Succeeded")
    assert team.shown(name) == [digest()]


@only_in_full
def test_an_upgrade_from_the_previous_version_and_back_loses_no_pod(
    release: Release, shop: Team, tmp_path: Path
) -> None:
    ca = release.put_certificate(tmp_path / "certs")
    release.apply("install", chart=PREVIOUS)
    release.patch_ca(ca)
    release.await_injection()

    with release.load() as load:
        load.more()
        release.apply("upgrade", "certificates.mode=secret")
        load.more()
        release.await_rollout()
        starts(shop, "upgraded")
        release.do("rollback", "1", "--wait")
        load.more()
        release.do("rollback", "2", "--wait")
        load.more()

    assert load.failures == []
    print(f"{load.injected} pods were created during an upgrade and two rollbacks, none was lost")


@only_in_full
def test_an_upgrade_that_fails_leaves_the_old_injector_serving(release: Release) -> None:
    release.apply("install")
    release.await_injection()

    with release.load() as load:
        with pytest.raises(HelmFailed, match="context deadline exceeded"):
            release.apply("upgrade", "injector.image.tag=none", seconds=10)
        load.more()
        release.do("rollback", "--wait")
        load.more()

    assert load.failures == []


@pytest.mark.parametrize(
    "release", ["helm", pytest.param("helm_4", marks=only_in_full)], indirect=True
)
def test_it_is_installed_with_its_own_certificate_tested_and_gone(
    release: Release, shop: Team
) -> None:
    said = release.apply("install", f"rbac.namespaces[0].namespace={shop.namespace}")
    assert "helm -n jasm-system test jasm" in said
    release.await_injection()
    starts(shop, "app")

    assert "Phase:          Succeeded" in release.do("test")

    with release.load(good=lambda _: True) as load:
        load.more()
        release.do("uninstall", "--wait")
        load.more()
    assert load.failures == [], "nobody is refused because of what is gone"
    assert not is_injected(create(release.api, annotated(shop.namespace)))
    release.await_nothing_left(*shop_s_own(release, shop))


def shop_s_own(release: Release, shop: Team) -> set[str]:
    """What the pods made there: themselves, and the synced Secret, which is to stay."""
    return {it for it in release.left() if f" {shop.namespace}/" in it and "jasm-sync" not in it}


@only_in_full
def test_a_rollout_on_the_nodes_own_network_comes_to_its_end(release: Release) -> None:
    """There are as many injectors as nodes: a new one finds no port until an old one is gone."""
    on_the_node = ["injector.hostNetwork=true", "injector.port=10260", "injector.replicas=1"]
    allowed = {"pod-security.kubernetes.io/enforce": "privileged"}
    release.api.create_namespace(NAMESPACE, allowed)
    release.apply("install", *on_the_node)
    release.await_injection()

    release.apply("upgrade", *on_the_node, "injector.podAnnotations.a=b")

    release.await_injection()


@only_in_full
def test_a_ca_that_is_not_the_certificates_is_told_by_helm_test(
    release: Release, tmp_path: Path
) -> None:
    release.put_certificate(tmp_path / "certs")
    other = release.put_certificate(tmp_path / "other").parent.parent / "certs/ca.crt"
    text = other.read_text().replace(",", r"\,")
    release.apply("install", "certificates.mode=secret", f"certificates.caBundle={text}")

    with pytest.raises(HelmFailed) as told:
        release.do("test")

    assert "API servers do not trust the injector at" in str(told.value)
    assert "set the webhook configuration's caBundle" in str(told.value)


@only_in_full
def test_without_a_webhook_and_back(release: Release, shop: Team) -> None:
    """By the same upgrade twice, as docs/injection-without-a-webhook.md has it."""
    policy = "injection.mode=policy"
    release.apply("install")
    release.await_injection()

    with release.load() as load:
        load.more()
        release.apply("upgrade", policy)
        load.more()
        release.apply("upgrade", policy)
        load.more()
        assert release.api.request("GET", REGISTRATION).status == 404
        starts(shop, "by-policy")
        release.apply("upgrade")
        load.more()
        release.apply("upgrade")
        load.more()
    assert load.failures == []
    starts(shop, "by-webhook")

    release.do("uninstall", "--wait")
    release.await_nothing_left(*shop_s_own(release, shop))
