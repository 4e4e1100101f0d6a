"""The data model's MockProvider: secrets in memory, any string as path."""

from collections.abc import Mapping

from initsync.words.errors import SecretNotFound
from initsync.words.model import ExternalSecret


class MockProvider:
    """A `SecretProvider` whose secrets a test adds."""

    def __init__(self, name: str = "mock") -> None:
        self._name = name
        self._secrets: dict[str, dict[str, str]] = {}

    @property
    def name(self) -> str:
        """The value of the annotation's `provider`."""
        return self._name

    def add(self, path: str, data: Mapping[str, str]) -> None:
        """Keep a copy of `data` at `path`, in place of what was there."""
        self._secrets[path] = dict(data)

    def clear(self) -> None:
        """Forget every secret."""
        self._secrets.clear()

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        """What was added at `path`, of whatever version. Raises SecretNotFound."""
        if path not in self._secrets:
            raise SecretNotFound(self._name, path, "in memory")
        return ExternalSecret(self._secrets[path], path, self._name, version)

    def whoami(self, path: str) -> str:
        """The identity of nobody in particular."""
        del path
        return "anybody"
