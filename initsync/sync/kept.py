"""Who a sidecar is to its stores, from one sync to the next: all else is made anew each time."""

from collections.abc import Mapping

from initsync.sync.report import Reports
from initsync.words.errors import AccessDenied


class Kept:
    """Keeps of each provider the identity of the last sync, such as credentials or a token.

    Each ends by itself: a provider takes none that is over, or nearly so.
    """

    def __init__(self) -> None:
        self._identities: dict[str, object] = {}

    def give(self, made: Mapping[str, object]) -> None:
        """Hand them to the providers of a sync that begins."""
        for name in made.keys() & self._identities.keys():
            made[name].kept = self._identities[name]  # type: ignore[attr-defined]  # it had one

    def take(self, made: Mapping[str, object], reports: Reports) -> None:
        """Keep those of one that ended; none where a store refused: it may know us by another."""
        if any(report.exit_code == AccessDenied.exit_code for report in reports):
            self._identities = {}
            return
        found = {name: getattr(provider, "kept", None) for name, provider in made.items()}
        self._identities = {name: it for name, it in found.items() if it is not None}

    def has(self, name: str) -> bool:
        """Whether the next sync has it too, so that nothing is given back yet."""
        return name in self._identities
