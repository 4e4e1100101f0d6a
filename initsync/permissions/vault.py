"""What Vault must allow a ServiceAccount: a policy, and the role that its pods log in with. Pure.

https://developer.hashicorp.com/vault/docs/concepts/policies,
https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#create-update-role
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from initsync.permissions.hcl import Block, Call, Code
from initsync.permissions.permits import Permit
from initsync.permissions.stores import Allowed
from initsync.permissions.wishes import Wish
from initsync.providers.vault import paths, settings
from initsync.providers.vault.settings import VaultSettings
from initsync.words.model import JsonObject
from initsync.words.rules import user_name

AUDIENCE = "vault"
"""Of the token that pods log in with, as docs/providers/vault.md has it."""
_TTL = 300  # seconds: a sync takes one at most, and its tries a minute
_READ = {"capabilities": ["read"]}
_NOWHERE = {"VAULT_ADDR": "https://vault.invalid"}  # nobody is asked


class Grant(NamedTuple):
    """One policy, and one role that has it."""

    name: str
    """The policy's, and what names in Terraform end in."""
    namespace: str
    """Of Vault."""
    role: str
    targets: tuple[str, ...]
    """What may be read, sorted."""


def allowed(permit: Permit, wishes: Sequence[Wish], env: Mapping[str, str]) -> Allowed:
    """See `initsync.permissions.stores.Store`."""
    chosen = settings.from_env(_NOWHERE | dict(env))
    grants = list(_grants(permit, wishes, chosen))
    objects = {
        "policies": [_policy(grant) for grant in grants],
        "roles": [_role(grant, permit, chosen) for grant in grants if _own(grant, chosen)],
    }
    blocks = [block for grant in grants for block in _blocks(grant, permit, chosen)]
    return Allowed("vault", objects, tuple(blocks), tuple(_warnings(grants, permit, chosen)))


def _grants(permit: Permit, wishes: Iterable[Wish], chosen: VaultSettings) -> Iterator[Grant]:
    """One for each role and namespace that entries name; mostly they name none."""
    found: dict[tuple[str, str], set[str]] = {}
    for wish in wishes:
        own = dict(wish.options)
        namespace = own.get("namespace", chosen.namespace).strip("/")
        role = own.get("role") or chosen.role or permit.account
        found.setdefault((namespace, role), set()).add(paths.target(wish.path, chosen.kv))
    for number, ((namespace, role), targets) in enumerate(sorted(found.items()), 1):
        end = f"_{number}" if number > 1 else ""
        yield Grant(permit.label + end, namespace, role, tuple(sorted(targets)))


def _own(grant: Grant, chosen: VaultSettings) -> bool:
    """Whether the role is not the one that all pods have."""
    return grant.role != chosen.role


def _policy(grant: Grant) -> JsonObject:
    text = "\n".join(
        f'path {_quoted(it)} {{\n  capabilities = ["read"]\n}}' for it in grant.targets
    )
    return {"name": grant.name, **_placed(grant), "policy": text + "\n"}


def _quoted(text: str) -> str:
    """As HCL 1 has it, which knows no `${`."""
    return json.dumps(text, ensure_ascii=False)


def _placed(grant: Grant) -> dict[str, str]:
    return {"namespace": grant.namespace} if grant.namespace else {}


def _role(grant: Grant, permit: Permit, chosen: VaultSettings) -> JsonObject:
    written = {"token_policies": [grant.name], "token_ttl": f"{_TTL}s", "token_type": "batch"}
    path = f"auth/{chosen.auth}/role/{grant.role}"
    return {"path": path, **_placed(grant), "data": _bound(permit, chosen) | written}


def _is_jwt(chosen: VaultSettings) -> bool:
    """By the mount's name: nothing else says which kind of auth method it is."""
    return "jwt" in chosen.auth.rpartition("/")[2]


def _bound(permit: Permit, chosen: VaultSettings) -> dict[str, Any]:
    """Whose tokens the role takes."""
    if _is_jwt(chosen):
        subject = user_name(permit.namespace, permit.account)
        claims = {"bound_audiences": [AUDIENCE], "bound_subject": subject}
        return {"role_type": "jwt", "user_claim": "sub", **claims}
    return {
        "bound_service_account_names": [permit.account],
        "bound_service_account_namespaces": [permit.namespace],
        "audience": AUDIENCE,
    }


def _blocks(grant: Grant, permit: Permit, chosen: VaultSettings) -> Iterator[Block]:
    """https://registry.terraform.io/providers/hashicorp/vault/latest/docs"""
    document = Call("jsonencode", {"path": dict.fromkeys(grant.targets, _READ)})
    body = {"name": grant.name, **_placed(grant), "policy": document}
    yield Block("resource", ("vault_policy", grant.name), body)
    if _own(grant, chosen):
        kind = "jwt" if _is_jwt(chosen) else "kubernetes"
        role = {
            **_placed(grant),
            "backend": chosen.auth,
            "role_name": grant.role,
            **_bound(permit, chosen),
            "token_policies": [grant.name],
            "token_ttl": Code(_TTL),
            "token_type": "batch",
        }
        yield Block("resource", (f"vault_{kind}_auth_backend_role", grant.name), role)


def _warnings(grants: Collection[Grant], permit: Permit, chosen: VaultSettings) -> Iterator[str]:
    for grant in grants:
        if not _own(grant, chosen):
            yield (
                f"Vault's role {grant.role} is that of all pods (JASM_VAULT_ROLE): bind this "
                f"ServiceAccount to it, and give it the policy {grant.name}"
            )
        elif grant.role == permit.account:
            yield (
                f"Vault's role {grant.role} is named by the ServiceAccount alone: if another "
                "namespace has an account of that name, too, bind both to it"
            )
        for target in grant.targets:
            if target.endswith("*") or "+" in target.split("/"):
                yield f"in Vault's policy {target} stands for more paths than one"
