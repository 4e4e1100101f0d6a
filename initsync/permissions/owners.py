"""Programs that mark what they make by the label `app.kubernetes.io/managed-by`. Pure.

Who may write every Secret with such a value may write all that the program made.
https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
"""

import re

# By what each writes, without a version (`kustomize-v5.2.1`) and `-operator` or `-controller`.
_PROGRAMS = frozenset(
    (
        *("helm", "kustomize", "skaffold", "kapp", "pulumi", "terraform", "crossplane"),
        # https://cloud.google.com/kubernetes-engine/config-sync/docs/reference/supported-labels-annotations
        *("argocd", "argo-cd", "flux", "fluxcd", "configmanagement.gke.io"),
        # https://github.com/hashicorp/vault-secrets-operator: hashicorp-vso
        *("external-secrets", "sealed-secrets", "hashicorp-vso", "vault-secrets"),
        *("cert-manager", "cloudnative-pg", "strimzi-cluster", "prometheus", "kyverno"),
        *("tekton-pipelines", "tiller", "kubeadm", "rancher", "gardener", "olm", "elastic", "cnpg"),
        "argocd.argoproj.io",
    )
)
_ENDING = re.compile(r"-v\d.*|-operator|-controller")


def is_taken(value: str) -> bool:
    """Whether a value of that label is another program's."""
    return _ENDING.sub("", value.lower(), count=1) in _PROGRAMS
