"""The providers: each file here is one, and its name is the annotation's `provider` (D16)."""

import importlib
import os
from collections.abc import Callable
from typing import cast

from initsync.model import SecretProvider

Open = Callable[..., SecretProvider]
"""`Provider(env, now, network, sdk)`: environment, epoch seconds, the way out, and whether the
cloud SDK's own identities may be asked."""


def names() -> list[str]:
    """The supported providers, found without importing any."""
    files = (entry.partition(".") for entry in os.listdir(os.path.dirname(__file__)))
    return sorted(
        {
            stem.replace("_", "-")
            for stem, _, ending in files
            if ending.endswith(("py", "pyc")) and not stem.startswith("_")
        }
    )


def load(name: str) -> Open:
    """The class `Provider` of a name from `names()`; nothing else is ever imported."""
    if name not in names():
        raise LookupError(name)
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return cast(Open, module.Provider)
