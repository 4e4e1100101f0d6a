"""OpenBao's Kubernetes auth against a control plane of the tests."""

from pathlib import Path
from typing import Any

from initsync.testing.controlplane import ControlPlane
from tests.openbao.server import Bao

ROLE: dict[str, Any] = {
    "bound_service_account_names": ["app"],
    "bound_service_account_namespaces": ["*"],
    "token_policies": ["app"],
    "token_ttl": "2m",
}
"""For ServiceAccounts `app` of any namespace."""
REVIEWERS = "jasm-tests-vault"
"""A namespace."""


def reviewer(api: ControlPlane, name: str = "reviewer", *, may: bool = True) -> str:
    """A token of a ServiceAccount that may review others' tokens, or may not."""
    api.create_namespace(REVIEWERS)
    api.create_service_account(REVIEWERS, name)
    if may:
        may_review(api, REVIEWERS, name)
    return api.create_token(REVIEWERS, name)


def may_review(api: ControlPlane, namespace: str, account: str) -> None:
    """Bind it to the ClusterRole that Vault's documentation names."""
    group = "rbac.authorization.k8s.io"
    role = {"apiGroup": group, "kind": "ClusterRole", "name": "system:auth-delegator"}
    subject = {"kind": "ServiceAccount", "namespace": namespace, "name": account}
    binding = {"apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding", "roleRef": role}
    named = {"metadata": {"name": f"{namespace}-{account}-reviews"}, "subjects": [subject]}
    api.apply(binding | named)
    user = f"system:serviceaccount:{namespace}:{account}"
    api.await_access(user, "", "create", "tokenreviews.authentication.k8s.io")


def auth(bao: Bao, api: ControlPlane, mount: str = "kubernetes", **config: str) -> None:
    """An auth method whose reviews the control plane makes; its role `app` wants audience vault."""
    bao.mount(f"auth/{mount}", "kubernetes")
    ca = Path(api.ca_file).read_text(encoding="ascii")
    usual = {"kubernetes_host": api.url, "kubernetes_ca_cert": ca, "disable_local_ca_jwt": True}
    bao.admin("POST", f"auth/{mount}/config", usual | config)
    bao.admin("POST", f"auth/{mount}/role/app", ROLE | {"audience": "vault"})
