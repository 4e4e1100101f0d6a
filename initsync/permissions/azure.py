"""What Azure must allow a ServiceAccount: a managed identity that it can be, and its secrets. Pure.

https://learn.microsoft.com/azure/key-vault/general/rbac-guide#azure-built-in-roles-for-key-vault-data-plane-operations,
https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust-user-assigned-managed-identity
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from initsync.permissions import hcl
from initsync.permissions.grants import Grant
from initsync.permissions.hcl import Block, Code
from initsync.permissions.names import within
from initsync.permissions.requested import RequestedSecret
from initsync.permissions.stores import Allowed
from initsync.providers.azure import clouds, paths
from initsync.words.errors import InvalidSetup
from initsync.words.model import JsonObject
from initsync.words.rules import user_name
from initsync.words.wording import shown

ISSUER, GROUP = "AKS_OIDC_ISSUER", "AZURE_RESOURCE_GROUP"
"""Beside the provider's own variables: who issues the cluster's tokens, as Microsoft's guides call
it, and where the identity is to be made."""
AUDIENCE = "api://AzureADTokenExchange"
"""The audience of the token that the webhook of workload identity projects."""
CLIENT_ID, USE = "azure.workload.identity/client-id", "azure.workload.identity/use"
"""On the ServiceAccount, and on its pods.
https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html"""
_ROLE = "Key Vault Secrets User"
_NAME_LIMIT = 120  # of a federated credential; an identity may have 128
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_VAULTS = "Microsoft.KeyVault/vaults"


class Made(NamedTuple):
    """What is to be made for one ServiceAccount."""

    label: str
    name: str
    issuer: str
    group: str
    subject: str
    secrets: tuple[tuple[str, str], ...]
    """Vault and name of each, sorted."""


def allowed(grant: Grant, secrets: Sequence[RequestedSecret], env: Mapping[str, str]) -> Allowed:
    """See `stores.Store`."""
    made = Made(
        grant.label,
        within(grant.label, _NAME_LIMIT),
        _issuer(env),
        _given(env, GROUP, "the resource group in which the identity is to be made"),
        user_name(grant.namespace, grant.account),
        tuple(sorted({_place(secret.path, env) for secret in secrets})),
    )
    return Allowed("azure", _objects(made), tuple(_blocks(made)), tuple(_warnings(made)))


def _issuer(env: Mapping[str, str]) -> str:
    """The issuer exactly as tokens have it, the slash at its end too."""
    advice = "of the cluster: az aks show --query oidcIssuerProfile.issuerUrl"
    found = _given(env, ISSUER, advice)
    if not found.startswith("https://"):
        problem = f"{ISSUER} is {shown(found)}, no URL with https"
        raise InvalidSetup(problem, f"give that {advice}")
    return found


def _given(env: Mapping[str, str], name: str, what: str) -> str:
    if found := env.get(name):
        return found
    raise InvalidSetup(f"policies of Azure need {name}", f"give it by --env {name}=…, {what}")


def _place(path: str, env: Mapping[str, str]) -> tuple[str, str]:
    """Names are the same in upper and in lower case to Azure."""
    return clouds.vault_of(path, env).lower(), paths.secret_id(path).name.lower()


def _objects(made: Made) -> JsonObject:
    return {
        "identity": {
            "name": made.name,
            "resourceGroup": made.group,
            "serviceAccountAnnotation": CLIENT_ID,
            "podLabels": {USE: "true"},
        },
        "federatedCredential": {
            "name": made.name,
            "issuer": made.issuer,
            "subject": made.subject,
            "audiences": [AUDIENCE],
        },
        "roleAssignments": [
            {"role": _ROLE, "vault": vault, "secret": name} for vault, name in made.secrets
        ],
    }


def _blocks(made: Made) -> Iterator[Block]:
    label, identity = made.label, f"azurerm_user_assigned_identity.{made.label}"
    yield Block("data", ("azurerm_resource_group", label), {"name": made.group})
    place = Code(f"data.azurerm_resource_group.{label}.location")
    own = {"name": made.name, "resource_group_name": made.group, "location": place}
    yield _resource("azurerm_user_assigned_identity", label, own)
    whom = {"issuer": made.issuer, "subject": made.subject, "audience": [AUDIENCE]}
    parent = {"name": made.name, "user_assigned_identity_id": Code(f"{identity}.id")}
    yield _resource("azurerm_federated_identity_credential", label, parent | whom)
    yield from _assigned(made, identity)
    annotations = {CLIENT_ID: Code(f"{identity}.client_id")}
    told = {"description": f"Annotations of {made.subject}", "value": annotations}
    yield Block("output", (f"{label}_azure_annotations",), told)


def _assigned(made: Made, identity: str) -> Iterator[Block]:
    """A vault is found by its name: that is unique in all of Azure."""
    for vault in sorted({vault for vault, _ in made.secrets}):
        body = {"type": _VAULTS, "name": vault}
        yield Block("data", ("azurerm_resources", f"{made.label}_{vault}"), body)
    for number, (vault, name) in enumerate(made.secrets, 1):
        found = f"data.azurerm_resources.{made.label}_{vault}.resources[0].id"
        body = {
            "scope": Code(f'"${{{found}}}/secrets/{hcl.string(name)[1:-1]}"'),
            "role_definition_name": _ROLE,
            "principal_id": Code(f"{identity}.principal_id"),
        }
        end = f"_{number}" if number > 1 else ""
        yield _resource("azurerm_role_assignment", made.label + end, body)


def _resource(kind: str, label: str, body: dict[str, Any]) -> Block:
    return Block("resource", (kind, label), body)


def _warnings(made: Made) -> Iterator[str]:
    for vault, name in made.secrets:
        if not _NAME.fullmatch(name):
            yield f"{vault}/{name}: no secret of Key Vault has such a name"
