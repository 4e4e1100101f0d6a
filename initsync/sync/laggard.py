"""Answers of a standby that lags behind, which no sync writes over what is newer (D38). Pure.

OpenBao's standbys answer reads themselves, and right after a write half of them still say what was
there before (169 of 300, seen). That the Secret was read before the provider was asked (D4) does
not help against that: the answer is new, and what it says is old.
"""

from initsync.sync import secret
from initsync.words.errors import ProviderUnavailable
from initsync.words.model import ExternalSecret, JsonObject, SyncRequest
from initsync.words.times import SKEW, since

LONGEST = 3600.0
"""Seconds after the writing of a Secret for which an older answer is taken for a standby's. None
lags for so long. Who puts the store back to an earlier state has it synced then, and who writes a
version of their own choice onto a Secret keeps the right one out for no longer."""


def refuse(found: ExternalSecret, entry: SyncRequest, existing: JsonObject, now: float) -> None:
    """Raise ProviderUnavailable where the Secret holds a newer version of the same source.

    A lower number alone does not say so: one who deletes a secret with all its versions and makes
    it anew begins at 1. So what counts is made before the Secret was written, too. An entry that
    names its version wants just that one.
    """
    held = secret.versions(existing).get(entry.source, "")
    if entry.selection.version or not _lower(found.version, held):
        return
    written = secret.age(existing, now)
    if written > LONGEST or since(found.made, now) < written - SKEW:
        return
    name = existing["metadata"]["name"]
    detail = (
        f"it gave version {found.version} of {found.source_path}, and Secret {name} has version "
        f"{held} already: a standby that lags behind; if the secret was put back to an earlier "
        f"state, delete Secret {name}, or wait an hour"
    )
    raise ProviderUnavailable(entry.provider, detail)


def _lower(found: str, held: str) -> bool:
    numbers = (found + held).isascii() and found.isdigit() and held.isdigit()
    return numbers and int(found) < int(held)
