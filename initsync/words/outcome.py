"""What one sync did to a Secret, in words and for programs."""

from typing import NamedTuple

from initsync.words.model import Target

_SAID = {
    "created": "created with {keys} from {source}",
    "updated": "updated with {keys} from {source}",
    "unchanged": "is up to date with {keys} from {source}",
    "recent": "was taken as it is with {keys} from {source}",
    "stale": "was kept as it is with {keys} from {source}",
}


class Outcome(NamedTuple):
    """What one sync did to the Secret."""

    action: str
    """`created`, `updated`, `unchanged`; `recent` (within max-age, the provider was not asked);
    `stale` (kept because the provider did not answer)."""
    target: Target
    keys: tuple[str, ...]
    """The names of the Secret's keys."""
    note: str = ""
    version: str = ""
    """The provider's own name of what the Secret holds; of several sources one a line."""
    before: str = ""
    """The other source that the Secret was written from before."""
    warning: str = ""
    """What somebody should look at, by the provider's own word."""

    @property
    def sentence(self) -> str:
        """The sentence of the Event, the log and the CLI."""
        return self.said()

    def said(self, *, dry_run: bool = False) -> str:
        """The sentence, as what was done or as what a run without writes would do."""
        would = "would be " if dry_run and self.action in ("created", "updated") else ""
        keys = f"{len(self.keys)} key" + ("" if len(self.keys) == 1 else "s")
        said = _SAID[self.action].format(keys=keys, source=self.target.source)
        version = self.version and f"version {', '.join(self.version.split())}"
        replaced = self.before and f"before: {self.before}"
        notes = "; ".join(filter(None, (version, replaced, self.note, self.warning)))
        return f"Secret {self.target.secret_name} {would}{said}{notes and f' ({notes})'}"
