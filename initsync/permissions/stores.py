"""What stores other than AWS must allow a ServiceAccount: by provider a module, in one table."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, cast

from initsync.permissions.grants import Grant
from initsync.permissions.hcl import Block
from initsync.permissions.requested import RequestedSecret
from initsync.words.model import JsonObject

_MODULES = {
    "azure-keyvault": "initsync.permissions.azure",
    "gcp-secret-manager": "initsync.permissions.gcp",
    "vault": "initsync.permissions.vault",
}
"""The module that is a provider's `Store`, imported when a pod asks for that provider."""


class Allowed(NamedTuple):
    """What one store must allow one ServiceAccount."""

    name: str
    """The store's, under which YAML and JSON have it."""
    objects: JsonObject
    """What a person makes in that store."""
    blocks: tuple[Block, ...]
    """The same as `objects`, for Terraform."""
    warnings: tuple[str, ...] = ()
    """What a person should know of it."""


class Store(Protocol):
    """What a store's module has."""

    def allowed(
        self, grant: Grant, secrets: Sequence[RequestedSecret], env: Mapping[str, str]
    ) -> Allowed:
        """What must be allowed for the secrets of `grant` that are this provider's, sorted.

        `env`: what the platform gives the pods, by `--env`. Raises InvalidSetup where it lacks
        what must be known.
        """


def of(grant: Grant, env: Mapping[str, str]) -> Iterator[Allowed]:
    """What each store must allow, for the providers that have a module."""
    for provider in sorted({secret.provider for secret in grant.secrets} & _MODULES.keys()):
        secrets = [secret for secret in grant.secrets if secret.provider == provider]
        module = cast("Store", importlib.import_module(_MODULES[provider]))
        yield module.allowed(grant, secrets, env)


def unknown(grant: Grant) -> set[str]:
    """The providers that have none."""
    return {secret.provider for secret in grant.secrets} - _MODULES.keys()
