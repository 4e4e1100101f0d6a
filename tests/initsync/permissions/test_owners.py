"""Values of the managed-by label that are other programs'."""

import pytest

from initsync.permissions import owners
from initsync.words import keys, rules


@pytest.mark.parametrize(
    "value",
    [
        *("Helm", "helm", "kustomize-v5.2.1", "kustomize-controller", "skaffold-v1.3.1", "pulumi"),
        *("Terraform", "argocd", "flux", "flux-operator", "configmanagement.gke.io", "kyverno"),
        *("external-secrets", "external-secrets-operator", "sealed-secrets", "hashicorp-vso"),
        *("cert-manager", "cert-manager-controller", "cloudnative-pg", "crossplane"),
        *("Tiller", "kubeadm", "rancher", "olm", "elastic-operator", "argocd.argoproj.io", "cnpg"),
        *("strimzi-cluster-operator", "prometheus-operator", "tekton-pipelines"),
    ],
)
def test_what_others_write_is_taken(value: str) -> None:
    assert owners.is_taken(value)


@pytest.mark.parametrize(
    "value", ["", keys.MANAGED_BY_DEFAULT, "jasm", "team-x", "helmut", "platform-v2", "my-helm"]
)
def test_what_a_team_would_choose_is_free(value: str) -> None:
    assert not owners.is_taken(value)


@pytest.mark.parametrize("value", [" Helm", "Helm\n", "x'y", "a" * 64, "-a", "a b", "\u202eHelm"])
def test_what_no_label_can_have_is_no_value(value: str) -> None:
    assert rules.label_value_problem(value) is not None
    assert rules.label_value_problem("Team-x_1.2") is None
