"""What stores other than AWS must allow a ServiceAccount: by provider a module, in one table."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, cast

from initsync.permissions.hcl import Block
from initsync.permissions.permits import Permit
from initsync.permissions.wishes import Wish
from initsync.words.model import JsonObject

_MODULES = {
    "azure-keyvault": "initsync.permissions.azure",
    "gcp-secret-manager": "initsync.permissions.gcp",
    "vault": "initsync.permissions.vault",
}
"""By provider the module that is its `Store`, imported when a pod asks for it."""


class Allowed(NamedTuple):
    """What one store must allow one ServiceAccount."""

    name: str
    """The store's, under which YAML and JSON have it."""
    objects: JsonObject
    """What a person makes there."""
    blocks: tuple[Block, ...]
    """The same for Terraform."""
    warnings: tuple[str, ...] = ()
    """What a person should know of it."""


class Store(Protocol):
    """What a store's module has."""

    def allowed(self, permit: Permit, wishes: Sequence[Wish], env: Mapping[str, str]) -> Allowed:
        """For the wishes of `permit` that are this provider's, sorted.

        `env`: what the platform gives the pods, by `--env`. Raises InvalidSetup where it lacks
        what must be known.
        """


def of(permit: Permit, env: Mapping[str, str]) -> Iterator[Allowed]:
    """Those of every provider that has a line."""
    for provider in sorted({wish.provider for wish in permit.wishes} & _MODULES.keys()):
        wishes = [wish for wish in permit.wishes if wish.provider == provider]
        module = cast("Store", importlib.import_module(_MODULES[provider]))
        yield module.allowed(permit, wishes, env)


def unknown(permit: Permit) -> set[str]:
    """The providers that have none."""
    return {wish.provider for wish in permit.wishes} - _MODULES.keys()
