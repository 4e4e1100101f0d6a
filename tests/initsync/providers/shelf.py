"""A provider of no cloud: the secret at PATH is the JSON file PATH below SHELF_DIR."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from initsync.words.errors import AccessDenied, ProviderUnavailable, SecretNotFound
from initsync.words.model import ExternalSecret

if TYPE_CHECKING:  # the injector imports this file for `problem`, and needs no network for that
    from initsync.network.transport import Network

_NAME = "shelf"


def problem(path: str) -> str | None:
    """The rule that `path` breaks, as "must …", or None."""
    if not path.strip() or not path.isprintable() or len(path) > 1000 or ".." in path:
        return "must be one line of at most 1000 characters without '..'"
    return None


class Provider:
    """A `SecretProvider`: reads the file anew at each fetch."""

    name = _NAME

    def __init__(
        self,
        env: Mapping[str, str],
        now: Callable[[], float],
        network: "Network",
        sdk: bool = False,
    ) -> None:
        self._directory = env.get("SHELF_DIR", "/none")

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        """What the file holds now. It has no versions: an annotation that names one is refused."""
        self._reached()
        try:
            with open(os.path.join(self._directory, path.lstrip("/")), encoding="utf-8") as file:
                return ExternalSecret(file.read(), path, _NAME)
        except FileNotFoundError:
            raise SecretNotFound(_NAME, path) from None
        except PermissionError:
            raise AccessDenied(_NAME, f"reading {path}", self.whoami(path)) from None

    def whoami(self, path: str) -> str:
        """The user on this machine."""
        self._reached()
        return f"user {os.getuid()}"

    def _reached(self) -> None:
        if not os.path.isdir(self._directory):
            raise ProviderUnavailable(_NAME, "SHELF_DIR is no directory")
