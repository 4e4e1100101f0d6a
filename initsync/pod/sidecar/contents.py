"""What a pod's Secrets held when it was started: enough to see another value, and no value.

Of each key a digest is kept, under a random key of the pod's own. It outlives a restart of the
container in the file `started.json` of the handover volume, which is memory.
"""

import base64
import hmac
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from initsync.sync.secret import digest
from initsync.sync.upsert import Secrets
from initsync.words.errors import InvalidSetup
from initsync.words.model import JsonObject, Target

FILE = "started.json"
KEY = 32
"""The key has so many bytes."""


class Content(NamedTuple):
    """What is known of one Secret's values, none of which can be read from it."""

    origin: str
    """What the annotation says of it: of another origin another value is no change."""
    marks: Mapping[str, str]
    """The digest of each value, by key."""


class Contents:
    """What the pod was started with, by the Secret's name; or was told of since.

    `path`: where it outlives the process; empty: nowhere. `key` is taken where it has none yet.
    """

    def __init__(self, path: str, uid: str, key: bytes) -> None:
        self._path, self._uid = path, uid
        self._key, self._known = _read(path, uid) or (key, {})

    def get(self, name: str) -> Content | None:
        """None of a Secret that has not been seen yet."""
        return self._known.get(name)

    def put(self, found: Mapping[str, Content]) -> None:
        """Note that the app has these from now on. Raises InvalidSetup."""
        self._known |= found
        if self._path:
            secrets = {name: [it.origin, it.marks] for name, it in self._known.items()}
            _write(self._path, {"pod": self._uid, "key": self._key.hex(), "secrets": secrets})

    def mark(self, secret: str, key: str, value: bytes) -> str:
        """The digest of one value."""
        named = json.dumps([secret, key]).encode()  # no pair of names makes another pair's text
        return hmac.digest(self._key, named + value, "sha256").hex()

    def marks(self, stored: JsonObject) -> dict[str, str]:
        """The digest of each value of a Secret, by key."""
        name = stored["metadata"]["name"]
        data = stored.get("data") or {}
        return {key: self.mark(name, key, base64.b64decode(it)) for key, it in data.items()}


def origin(target: Target) -> str:
    """What the annotation says of a Secret's origin."""
    return f"{target.source} {digest(target)}".strip()


class Watched:
    """A cluster, and of each Secret what it held last, read or written: `seen` is told."""

    def __init__(self, cluster: Secrets, seen: Callable[[JsonObject], None]) -> None:
        self._cluster, self._seen = cluster, seen

    def read_secret(self, name: str) -> JsonObject | None:
        """Read the Secret, and show it to `seen`."""
        if found := self._cluster.read_secret(name):
            self._seen(found)
        return found

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        """Apply the Secret, and show it to `seen`."""
        stored = self._cluster.apply_secret(manifest)
        self._seen(manifest)
        return stored

    def remove(self, patch: JsonObject) -> None:
        """Take out of the Secret what a merge patch removes."""
        self._cluster.remove(patch)

    def replace_secret(self, manifest: JsonObject) -> JsonObject:
        """Replace the Secret, and show it to `seen`."""
        stored = self._cluster.replace_secret(manifest)
        self._seen(manifest)
        return stored


def _read(path: str, uid: str) -> tuple[bytes, dict[str, Content]] | None:
    """None where there is none, or another pod's: a backup may bring one back."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        if found["pod"] == uid:
            known = {name: Content(it[0], dict(it[1])) for name, it in found["secrets"].items()}
            return bytes.fromhex(found["key"]), known
    return None


def _write(path: str, found: JsonObject) -> None:
    """Write the file as a whole or not at all, and for nobody else to read."""
    try:
        file = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(file, "w", encoding="utf-8") as text:
            json.dump(found, text)
        os.replace(f"{path}.new", path)
    except OSError as error:
        problem = f"cannot write {path} ({error.strerror})"
        raise InvalidSetup(problem, "mount an emptyDir volume there, writable") from error
