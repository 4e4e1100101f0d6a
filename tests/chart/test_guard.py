"""The guard of the chart by its values: what is rendered, and that an API server takes it so."""

import os
import sys
from collections.abc import Iterator

import pytest

from initsync import keys, rbac
from initsync.model import JsonObject
from initsync.testing.client import Answer
from initsync.testing.controlplane import ControlPlane, find_or_build
from initsync.testing.controlplane.progress import Progress
from tests.chart.helm import Helm, HelmFailed
from tests.cluster.contract import Secrets
from tests.cluster.guard import managed, new_namespace
from tests.polling import until

GUARD = "--show-only=templates/guard.yaml"
POLICY = "ValidatingAdmissionPolicy"
OLD = "--api-versions=v1/Secret"
SERVED = f"--api-versions=admissionregistration.k8s.io/v1/{POLICY}"


def rendered(helm: Helm, *options: str) -> dict[str, JsonObject]:
    """By kind."""
    return {manifest["kind"]: manifest for manifest in helm.objects(GUARD, *options)}


@pytest.mark.parametrize(
    ("options", "there"),
    [
        pytest.param([], True, id="where no cluster can be asked"),
        pytest.param([OLD, SERVED], True, id="where it is served"),
        pytest.param([OLD], False, id="where it is not"),
        pytest.param([OLD, "--set=guard.enabled=true"], True, id="switched on"),
        pytest.param([SERVED, "--set=guard.enabled=false"], False, id="switched off"),
    ],
)
def test_it_is_there(helm: Helm, options: list[str], there: bool) -> None:
    found = rendered(helm, *options)

    assert (POLICY in found, f"{POLICY}Binding" in found) == (there, there)
    assert "ClusterRole" in found  # the Roles carry the mark with or without it


def test_without_the_mark_for_admins_nothing_else_changes(helm: Helm) -> None:
    found = rendered(helm, "--set=guard.aggregateToAdmin=false")

    assert set(found) == {POLICY, f"{POLICY}Binding"}


def test_it_refuses_and_logs_or_as_it_is_told(helm: Helm) -> None:
    actions = "--set=guard.validationActions={Warn,Audit}"

    assert rendered(helm)[f"{POLICY}Binding"]["spec"]["validationActions"] == ["Deny", "Audit"]
    assert rendered(helm, actions)[f"{POLICY}Binding"]["spec"]["validationActions"] == [
        "Warn",
        "Audit",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "guard.validationActions={Deny,Warn}",
        "guard.validationActions={}",
        "guard.managedBy={it's}",
        "injection.env.JASM_MANAGED_BY=it's",
        "guard.excludedNamespaces={A b}",
    ],
)
def test_what_the_api_server_would_not_take_is_refused_before(helm: Helm, value: str) -> None:
    with pytest.raises(HelmFailed, match=value.partition("=")[0].replace(".", "/")):
        helm.objects(GUARD, f"--set={value}")


def test_it_has_no_parameters_that_could_be_missing(helm: Helm) -> None:
    found = rendered(helm)

    assert "paramKind" not in found[POLICY]["spec"]
    assert "paramRef" not in found[f"{POLICY}Binding"]["spec"]
    assert "namespaceSelector" not in found[POLICY]["spec"]["matchConstraints"]


@pytest.fixture(scope="module")
def api(helm: Helm) -> Iterator[ControlPlane]:
    """A cluster of which a platform team chose all that the guard lets it choose."""
    if os.environ.get("CLUSTER") == "skip":
        pytest.skip("CLUSTER=skip: nothing is asked of a real API server")
    binaries = find_or_build(os.environ, Progress(sys.__stderr__ or sys.stderr))
    with ControlPlane(binaries) as server:
        chosen = (
            "--set=injection.env.JASM_MANAGED_BY=platform",
            "--set=guard.managedBy={team-a,team.b}",
            "--set=guard.excludedNamespaces={legacy,older}",
            "--set=fullnameOverride=jasm-of-others",
        )
        for manifest in helm.objects(GUARD, *chosen):
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
