"""The providers: each file here is one, and its name is the annotation's `provider` (D16)."""

import importlib
import os
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from initsync.model import JsonObject, SecretProvider

if TYPE_CHECKING:
    from initsync.aws.iam import Place
    from initsync.transport import Network


class ProviderClass(Protocol):
    """What each of the files has under the name `Provider`."""

    def __call__(
        self,
        env: Mapping[str, str],
        now: Callable[[], float],
        network: "Network",
        sdk: bool = False,
    ) -> SecretProvider:
        """Environment, epoch seconds, the way out, and whether the cloud SDK's own identities
        may be asked."""

    def check_path(self, path: str) -> str | None:
        """See `SecretProvider`; of the class, for it needs nothing else."""

    def statements(self, paths: Collection[str], place: "Place") -> list[JsonObject]:
        """What IAM must allow a role that fetches `paths`; of the class, and asks nobody.

        Each has a `Sid` of its own and a list as `Resource`.
        """


@cache
def names() -> tuple[str, ...]:
    """The supported providers, found without importing any; the folder is read once a process."""
    files = (entry.partition(".") for entry in os.listdir(os.path.dirname(__file__)))
    found = {
        stem.replace("_", "-")
        for stem, _, ending in files
        if ending.endswith(("py", "pyc")) and not stem.startswith("_")
    }
    return tuple(sorted(found))


def load(name: str) -> ProviderClass:
    """The class `Provider` of a name from `names()`; nothing else is ever imported."""
    if name not in names():
        raise LookupError(name)
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return cast(ProviderClass, module.Provider)


def check_path(name: str, path: str) -> str | None:
    """The rule of the provider `name` that `path` breaks, as "must …", or None."""
    return load(name).check_path(path)
