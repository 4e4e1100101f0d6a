"""The guard by the chart's values, as a real API server takes them."""

from collections.abc import Iterator

import pytest

from initsync.kube import rbac
from initsync.testing.client import Answer
from initsync.testing.controlplane import Binaries, ControlPlane
from initsync.words import keys
from tests.chart.helm import Helm
from tests.cluster.contract import Secrets
from tests.cluster.guard import managed, new_namespace
from tests.polling import until


@pytest.fixture(scope="module")
def api(binaries: Binaries, helm: Helm) -> Iterator[ControlPlane]:
    """A cluster of which a platform team chose all that the guard lets it choose."""
    with ControlPlane(binaries) as server:
        chosen = (
            "--set=injection.env.JASM_MANAGED_BY=platform",
            "--set=guard.managedBy={team-a,team.b}",
            "--set=guard.excludedNamespaces={legacy,older}",
            "--set=fullnameOverride=jasm-of-others",
        )
        for manifest in helm.objects("--show-only=templates/guard.yaml", *chosen):
            server.apply(manifest)
        server.create_namespace("legacy")
        own = guarded(server, new_namespace(server))
        until(lambda: write(own, "wombat").status == 403, "the guard is in force")
        yield server


def guarded(api: ControlPlane, namespace: str) -> Secrets:
    api.allow(namespace, "default", rbac.rules())
    return Secrets(api.client(api.create_token(namespace, "default")), namespace)


def write(secrets: Secrets, label: str) -> Answer:
    return secrets.apply(managed("db", labels={keys.MANAGED_BY: label}))


@pytest.mark.parametrize("label", ["platform", "team-a", "team.b"])
def test_a_secret_may_carry_each_label_that_was_chosen(api: ControlPlane, label: str) -> None:
    assert write(guarded(api, new_namespace(api)), label).status == 201


def test_another_label_is_refused_with_those_that_may_be(api: ControlPlane) -> None:
    answer = write(guarded(api, new_namespace(api)), "caronte")

    assert answer.status == 403
    assert "'jasm-of-others-guard'" in answer.body["message"]
    assert "managed-by: platform or team-a or team.b" in answer.body["message"]


def test_one_label_does_not_take_over_the_secrets_of_another(api: ControlPlane) -> None:
    own = guarded(api, new_namespace(api))
    write(own, "team-a")

    answer = write(own, "platform")

    assert answer.status == 403
    assert "not for taking over a Secret of others" in answer.body["message"]


def test_an_excluded_namespace_is_not_guarded(api: ControlPlane) -> None:
    assert write(guarded(api, "legacy"), "anything").status == 201
