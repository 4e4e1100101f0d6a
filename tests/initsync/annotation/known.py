"""Providers of a test's own: their names, and one rule for all their paths."""

from collections.abc import Callable

Rule = Callable[[str, str], str | None]


class Known:
    """As `initsync.providers`, of no module."""

    def __init__(self, *names: str, rule: Rule = lambda *_: None) -> None:
        self._names, self._rule = names, rule

    def names(self) -> tuple[str, ...]:
        return self._names

    def check_path(self, name: str, path: str) -> str | None:
        return self._rule(name, path)

    def check_version(self, name: str, version: str) -> str | None:
        return None
