"""What Vault must allow a ServiceAccount: a policy, and the role that its pods log in with. Pure.

https://developer.hashicorp.com/vault/docs/concepts/policies,
https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#create-update-role
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from initsync.permissions.grants import Grant
from initsync.permissions.hcl import Block, Call, Code
from initsync.permissions.requested import RequestedSecret
from initsync.permissions.stores import Allowed
from initsync.providers.vault import paths, settings
from initsync.providers.vault.settings import VaultSettings
from initsync.words.model import JsonObject
from initsync.words.rules import user_name

AUDIENCE = "vault"
"""The audience of the token that pods log in with, as docs/providers/vault.md has it."""
_TTL = 300  # seconds: a sync takes one at most, and its tries a minute
_READ = {"capabilities": ["read"]}
_NOWHERE = {"VAULT_ADDR": "https://vault.invalid"}  # nobody is asked


class RolePolicy(NamedTuple):
    """One policy, and one role that has it."""

    name: str
    """The policy's, and what names in Terraform end in."""
    namespace: str
    """The namespace of Vault in which they are."""
    role: str
    targets: tuple[str, ...]
    """What may be read, sorted."""


def allowed(grant: Grant, secrets: Sequence[RequestedSecret], env: Mapping[str, str]) -> Allowed:
    """See `initsync.permissions.stores.Store`."""
    chosen = settings.from_env(_NOWHERE | dict(env))
    pairs = list(_pairs(grant, secrets, chosen))
    objects = {
        "policies": [_policy(pair) for pair in pairs],
        "roles": [_role(pair, grant, chosen) for pair in pairs if _own(pair, chosen)],
    }
    blocks = [block for pair in pairs for block in _blocks(pair, grant, chosen)]
    return Allowed("vault", objects, tuple(blocks), tuple(_warnings(pairs, grant, chosen)))


def _pairs(
    grant: Grant, secrets: Iterable[RequestedSecret], chosen: VaultSettings
) -> Iterator[RolePolicy]:
    """One for each role and namespace that entries name; mostly they name none."""
    found: dict[tuple[str, str], set[str]] = {}
    for secret in secrets:
        own = dict(secret.options)
        namespace = own.get("namespace", chosen.namespace).strip("/")
        role = own.get("role") or chosen.role or grant.account
        found.setdefault((namespace, role), set()).add(paths.target(secret.path, chosen.kv))
    for number, ((namespace, role), targets) in enumerate(sorted(found.items()), 1):
        end = f"_{number}" if number > 1 else ""
        yield RolePolicy(grant.label + end, namespace, role, tuple(sorted(targets)))


def _own(pair: RolePolicy, chosen: VaultSettings) -> bool:
    """Whether the role is not the one that all pods have."""
    return pair.role != chosen.role


def _policy(pair: RolePolicy) -> JsonObject:
    text = "\n".join(f'path {_quoted(it)} {{\n  capabilities = ["read"]\n}}' for it in pair.targets)
    return {"name": pair.name, **_placed(pair), "policy": text + "\n"}


def _quoted(text: str) -> str:
    """As HCL 1 has it, which knows no `${`."""
    return json.dumps(text, ensure_ascii=False)


def _placed(pair: RolePolicy) -> dict[str, str]:
    return {"namespace": pair.namespace} if pair.namespace else {}


def _role(pair: RolePolicy, grant: Grant, chosen: VaultSettings) -> JsonObject:
    written = {"token_policies": [pair.name], "token_ttl": f"{_TTL}s", "token_type": "batch"}
    path = f"auth/{chosen.auth}/role/{pair.role}"
    return {"path": path, **_placed(pair), "data": _bound(grant, chosen) | written}


def _is_jwt(chosen: VaultSettings) -> bool:
    """Whether the mount's name says JWT: nothing else tells which kind of auth method it is."""
    return "jwt" in chosen.auth.rpartition("/")[2]


def _bound(grant: Grant, chosen: VaultSettings) -> dict[str, Any]:
    """Whose tokens the role takes."""
    if _is_jwt(chosen):
        subject = user_name(grant.namespace, grant.account)
        claims = {"bound_audiences": [AUDIENCE], "bound_subject": subject}
        return {"role_type": "jwt", "user_claim": "sub", **claims}
    return {
        "bound_service_account_names": [grant.account],
        "bound_service_account_namespaces": [grant.namespace],
        "audience": AUDIENCE,
    }


def _blocks(pair: RolePolicy, grant: Grant, chosen: VaultSettings) -> Iterator[Block]:
    """https://registry.terraform.io/providers/hashicorp/vault/latest/docs"""
    document = Call("jsonencode", {"path": dict.fromkeys(pair.targets, _READ)})
    body = {"name": pair.name, **_placed(pair), "policy": document}
    yield Block("resource", ("vault_policy", pair.name), body)
    if _own(pair, chosen):
        kind = "jwt" if _is_jwt(chosen) else "kubernetes"
        role = {
            **_placed(pair),
            "backend": chosen.auth,
            "role_name": pair.role,
            **_bound(grant, chosen),
            "token_policies": [pair.name],
            "token_ttl": Code(_TTL),
            "token_type": "batch",
        }
        yield Block("resource", (f"vault_{kind}_auth_backend_role", pair.name), role)


def _warnings(pairs: Collection[RolePolicy], grant: Grant, chosen: VaultSettings) -> Iterator[str]:
    for pair in pairs:
        if not _own(pair, chosen):
            yield (
                f"Vault's role {pair.role} is that of all pods (JASM_VAULT_ROLE): bind this "
                f"ServiceAccount to it, and give it the policy {pair.name}"
            )
        elif pair.role == grant.account:
            yield (
                f"Vault's role {pair.role} is named by the ServiceAccount alone: if another "
                "namespace has an account of that name, too, bind both to it"
            )
        for target in pair.targets:
            if target.endswith("*") or "+" in target.split("/"):
                yield f"in Vault's policy {target} stands for more paths than one"
