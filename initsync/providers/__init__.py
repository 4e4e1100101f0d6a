"""Where secrets come from: a provider is a file here and a line in this table (D16)."""

import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:  # a sync needs no types
    from initsync.providers.interface import ProviderClass

PROVIDERS = {
    "aws-secretsmanager": "initsync.providers.aws.secretsmanager",
}
"""By the annotation's `provider` the module that has the class `Provider`; imported when named."""


def names() -> tuple[str, ...]:
    """The supported providers, in alphabetical order."""
    return tuple(sorted(PROVIDERS))


def load(name: str) -> "ProviderClass":
    """The class `Provider` of a name from `names()`; nothing else is ever imported."""
    return cast("ProviderClass", importlib.import_module(PROVIDERS[name]).Provider)


def check_path(name: str, path: str) -> str | None:
    """The rule of the provider `name` that `path` breaks, as "must …", or None."""
    return load(name).check_path(path)
