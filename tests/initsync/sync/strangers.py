"""Providers whose secrets nobody fetches: without a login, and with one."""

from collections.abc import Callable

from initsync.words.model import ExternalSecret


class Stranger:
    """A provider without a login."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        raise AssertionError("these syncs are the test's own")

    def whoami(self, path: str) -> str:
        raise AssertionError("a sync asks for no name")


class Member(Stranger):
    """A provider that logs in."""

    def __init__(self, name: str, prepare: Callable[[str], None]) -> None:
        super().__init__(name)
        self.prepare = prepare
