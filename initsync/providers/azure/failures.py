"""Azure's definite refusals as rows of the failure table: what each asks of whom.

Texts and AADSTS codes may change, Microsoft says: Entra's `error` counts, and of Key Vault its
status and codes. What they say is shown.
https://learn.microsoft.com/entra/identity-platform/reference-error-codes,
https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
"""

from typing import NamedTuple

from initsync.providers.azure import clouds
from initsync.providers.azure.api import ENTRA, KEY_VAULT, Refusal
from initsync.providers.azure.clouds import Cloud
from initsync.providers.azure.entra import CLIENT, TENANT
from initsync.words.errors import (
    AccessDenied,
    InvalidSetup,
    JasmError,
    NoIdentity,
    NoIdentityYet,
    ProviderRefused,
    SecretNotFound,
    SecretRefused,
)

_SCOPE = frozenset(["invalid_scope", "invalid_resource"])
_NETWORK = frozenset(["ForbiddenByFirewall", "ForbiddenByConnection", "ForbiddenByNsp"])
_AGAIN = "then delete the pod so that admission runs again"
_ROLE = "the role Key Vault Secrets User"
_FEDERATED = (
    "give that application a federated credential with the issuer of this cluster, this "
    "ServiceAccount as subject and its token's audience"
)
_BOUND = (
    "bind that identity to this cluster (az aks identity-binding create), and give this "
    "ServiceAccount a ClusterRole with the verb use-managed-identity on {} of cid.wi.aks.azure.com"
)


class Asked(NamedTuple):
    """What a vault was asked for, and by whom."""

    provider: str
    path: str
    vault: str
    name: str
    version: str
    who: str

    @property
    def where(self) -> str:
        """The place in which it was looked for."""
        return f"in vault {self.vault}"


def of_login(
    error: Refusal, client: str, tenant: str, cloud: Cloud, *, bound: bool = False
) -> JasmError:
    """What Entra refused to the ServiceAccount that asks to be `client`, maybe by a binding."""
    said = f"{ENTRA} refused application {client} of tenant {tenant} ({error})"
    if error.code == "unauthorized_client":
        advice = (
            f"correct azure.workload.identity/client-id on the ServiceAccount ({CLIENT}), or the "
            f"tenant ({TENANT}), {_AGAIN}"
        )
        return InvalidSetup(said, advice)
    if error.code in _SCOPE:
        advice = f"see that {clouds.AUTHORITY} and {clouds.SUFFIX} are of one cloud"
        return InvalidSetup(f"{said} for {cloud.scope}", advice)
    advice = f"{_BOUND.format(client) if bound else _FEDERATED}; and check {CLIENT} and {TENANT}"
    # A credential that has just been made is not known everywhere at once.
    return NoIdentityYet([f"workload identity: {said}"], advice)


def of_secret(error: Refusal, asked: Asked) -> JasmError:
    """The error that says why a vault did not give a secret."""
    if error.status == 401:
        tried = f"{asked.who}: vault {asked.vault} refused its token twice ({error})"
        return NoIdentity([tried], "is the vault in another tenant? its identity must be of that")
    if error.status == 404:
        return SecretNotFound(asked.provider, asked.path, asked.where, str(error), _missing(asked))
    if error.inner == "SecretDisabled":
        advice = "enable it: az keyvault secret set-attributes --enabled true"
        return SecretRefused(asked.provider, asked.path, asked.where, str(error), advice)
    if error.inner in _NETWORK:
        advice = f"let the pods' addresses through, or have {asked.vault} reached privately"
        return ProviderRefused(f"{KEY_VAULT} {asked.vault}", str(error), advice)
    if error.status == 403:
        return _denied(error, asked)
    if error.status == 400:
        advice = "correct the path: names are letters, digits and dashes, a version has its field"
        return SecretRefused(asked.provider, asked.path, asked.where, str(error), advice)
    return ProviderRefused(KEY_VAULT, f"HTTP {error.status}, {error}", "look up that code at Azure")


def _missing(asked: Asked) -> str:
    """What to do about a secret that is not found."""
    if asked.version:
        return (
            "correct path or version: az keyvault secret list-versions "
            f"--vault-name {asked.vault} --name NAME shows them"
        )
    return "create it there, correct path or vault, or recover it if it was deleted"


def _denied(error: Refusal, asked: Asked) -> AccessDenied:
    """The denial of a vault: it tells by which of two ways the vault gives access."""
    if error.inner in ("AccessDenied", "ForbiddenByPolicy"):
        wanted = "the permission Get on secrets, in that vault's access policies"
        return AccessDenied(f"{asked.provider} {asked.vault}", wanted, asked.who, str(error))
    wanted = f"{_ROLE} on {asked.name}, or on its vault; it may take minutes until that counts"
    return AccessDenied(f"{asked.provider} {asked.vault}", wanted, asked.who, str(error))
