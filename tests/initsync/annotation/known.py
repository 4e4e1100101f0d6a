"""Providers of a test's own: their names, and one rule for all their paths and versions."""

from collections.abc import Callable, Mapping

from initsync.providers.interface import EntryField

Rule = Callable[[str, str], str | None]


class Known:
    """As `initsync.providers`, of no module."""

    def __init__(
        self, *names: str, rule: Rule = lambda *_: None, own: Mapping[str, EntryField] = {}
    ) -> None:
        """`own`: fields of the last one's entries."""
        self._names, self._rule, self._own = names, rule, own

    def names(self) -> tuple[str, ...]:
        return self._names

    def supports(self, name: str) -> bool:
        return name in self._names

    def check_path(self, name: str, path: str) -> str | None:
        return self._rule(name, path)

    def check_version(self, name: str, version: str) -> str | None:
        return self._rule(name, version)

    def fields(self, name: str) -> Mapping[str, EntryField]:
        return self._own if name == self._names[-1] else {}
