"""A sync that writes nothing: what it would change, by key names and sizes only."""

import base64
from typing import NamedTuple

from initsync.sync.upsert import Secrets
from initsync.words.model import JsonObject


class Change(NamedTuple):
    """One key of the Secret's data. Sizes are bytes of the decoded value; None: not there."""

    key: str
    before: int | None
    after: int | None
    secret: str = ""
    """Whose, where the annotation asks for several."""

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.key} ({self.after} bytes)"
        if self.after is None:
            return f"- {self.key} ({self.before} bytes)"
        return f"~ {self.key} ({self.before} -> {self.after} bytes)"


class Preview:
    """Stands before a cluster: reads go through, of writes it keeps what they would change."""

    def __init__(self, cluster: Secrets) -> None:
        self._cluster = cluster
        self._existing: dict[str, JsonObject | None] = {}
        self.changes: list[Change] = []

    def read_secret(self, name: str) -> JsonObject | None:
        """The stored Secret, or None."""
        self._existing[name] = self._cluster.read_secret(name)
        return self._existing[name]

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        """The Secret as it would be stored."""
        name = manifest["metadata"]["name"]
        before = (self._existing[name] or {}).get("data") or {}
        self.changes += [it._replace(secret=name) for it in changes(before, manifest["data"])]
        return manifest

    def replace_secret(self, manifest: JsonObject) -> JsonObject:
        """Note the changes that a replacement would make."""
        return self.apply_secret(manifest)

    def remove(self, patch: JsonObject) -> None:
        """Nothing: `changes` shows it already."""


def changes(before: dict[str, str], after: dict[str, str]) -> list[Change]:
    """What differs between two Secrets' data, base64 as Kubernetes stores it."""
    names = sorted(before.keys() | after.keys())
    return [
        Change(name, _size(before.get(name)), _size(after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _size(value: str | None) -> int | None:
    return None if value is None else len(base64.b64decode(value))
