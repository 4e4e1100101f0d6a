"""The use-case: read the Secret, fetch from the provider, apply what differs (D4, D5).

Any write rests on a value fetched after the write that it replaces, so a slow pod can never put
an older value over a newer one. The outside arrives as arguments.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from initsync.sync import data, secret
from initsync.sync.retry import Retry
from initsync.sync.settings import SyncSettings
from initsync.words.errors import (
    ClusterConflict,
    ClusterTooLarge,
    ProviderUnavailable,
)
from initsync.words.model import OPAQUE, Data, ExternalSecret, JsonObject, SyncRequest, Target
from initsync.words.outcome import Outcome

if TYPE_CHECKING:  # a sync needs no types
    from initsync.providers.interface import Chooser, SecretProvider
from initsync.words.times import span

MANY = 1000
"""Names in a Secret that are not wanted beyond which nothing is applied: applying goes through each
of them, which for 66,000 keys takes the API server 8 s, and making room 0.6 s (1.37.2)."""
ROUNDS = 10
"""Lost races before giving up; the winner of each wrote a value as new as ours or newer."""


class Secrets(Protocol):
    """What the use-case needs of a cluster; `initsync.kube.cluster.Cluster` is one."""

    def read_secret(self, name: str) -> JsonObject | None:
        """The stored Secret, or None."""

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        """The Secret as stored now. Raises ClusterConflict where it changed since it was read."""

    def remove(self, patch: JsonObject) -> None:
        """Take out of the Secret what a merge patch removes. Raises ClusterConflict likewise."""

    def replace_secret(self, manifest: JsonObject) -> JsonObject:
        """As `apply_secret`, in place of all that is stored, with its labels and annotations.

        By one write that needs no more room than the manifest takes.
        """


Load = Callable[[str], "SecretProvider"]
"""Gives the provider of that name, one instance each."""


def sync(
    target: Target,
    load: Load,
    cluster: Secrets,
    retry: Retry,
    now: Callable[[], float],
    settings: SyncSettings,
) -> Outcome:
    """Make the Secret say what its providers say. Raises the failures of `words.errors`."""
    for attempt in range(1, ROUNDS + 1):
        existing = retry(lambda: _read(target, cluster, settings))
        if existing and _recent(target, existing, now()):
            return _outcome("recent", target, existing, note=_written_ago(existing, now()))
        try:
            found = _fetched(target, partial(_fetch, load, existing, now), retry)
        except ProviderUnavailable as error:
            return _kept(target, existing, error, now())
        wanted = secret.secret(target, found.data, found.version, existing, now(), settings)
        if existing and _up_to_date(target, existing, wanted, now()):
            retry.wait(settings.propagation_delay if attempt > 1 else 0)
            return found.told(_outcome("unchanged", target, existing, found.version))
        try:
            return found.told(_written(target, existing, wanted, cluster, retry, settings))
        except ClusterConflict:
            if attempt == ROUNDS or not retry.paused(attempt):
                raise
    raise AssertionError("the last round returns or raises")


def _read(target: Target, cluster: Secrets, settings: SyncSettings) -> JsonObject | None:
    existing = cluster.read_secret(target.secret_name)
    if existing:
        ours = (settings.managed_by, *settings.also_managed_by)
        secret.refuse_foreign(existing, target.form.type, *ours)
    return existing


def _recent(target: Target, existing: JsonObject, now: float) -> bool:
    """Whether max-age allows to take the Secret unasked."""
    limit = target.policy.max_age
    if limit is None or secret.unread(existing):
        return False
    return secret.answers(existing, target) and _within(limit, existing, now)


def _within(limit: float, existing: JsonObject, now: float) -> bool:
    """Whether the Secret was written that many seconds ago at most, for max-age and max-stale.

    As far as clocks differ it may have been written later than now, but by no more than the limit.
    """
    return -limit <= secret.age(existing, now) <= limit


def _up_to_date(target: Target, existing: JsonObject, wanted: JsonObject, now: float) -> bool:
    """Whether nothing is to be written.

    Under max-age the time of writing counts too: it tells the rollout's other pods, which then
    need not ask, that the value was seen just now.
    """
    timely = target.policy.max_age is None or _recent(target, existing, now)
    return timely and secret.up_to_date(existing, wanted)


class Fetched(NamedTuple):
    """What the sources of a Secret gave."""

    data: Data
    version: str
    """The versions that were read; those of several sources stand one a line."""
    note: str
    warning: str

    def told(self, outcome: Outcome) -> Outcome:
        """What was done, with what is to be told of the sources."""
        note = "; ".join(filter(None, (outcome.note, self.note)))
        return outcome._replace(note=note, warning=self.warning)


def _fetched(target: Target, ask: Callable[[SyncRequest], ExternalSecret], retry: Retry) -> Fetched:
    """What all of its sources gave: of one that fails, nothing."""
    found = [(entry, retry(partial(ask, entry))) for entry in target.entries]
    read = data.of(found)
    if target.form.type != OPAQUE:
        from initsync.sync import typed  # most Secrets have no rules about their keys

        typed.check(target, read)
    versions = [external.version for _, external in found]
    version = "\n".join(versions) if any(versions) else ""
    notes, warnings = {it.note for _, it in found}, {it.warning for _, it in found}
    return Fetched(read, version, _joined(notes), _joined(warnings))


def _joined(said: Iterable[str]) -> str:
    return "; ".join(sorted(filter(None, said)))


def _fetch(
    load: Load, existing: JsonObject | None, now: Callable[[], float], entry: SyncRequest
) -> ExternalSecret:
    found = fetched(load(entry.provider), entry)
    if existing and found.made:
        from initsync.sync import laggard  # of providers whose versions only grow

        laggard.refuse(found, entry, existing, now())
    return found


def fetched(provider: "SecretProvider", entry: SyncRequest) -> ExternalSecret:
    """What an entry asks its provider for. Raises as `SecretProvider.fetch`."""
    path, version, options = entry.secret_path, entry.selection.version, entry.selection.options
    if not options:
        return provider.fetch(path, version)
    return cast("Chooser", provider).fetch(path, version, dict(options))


def _kept(
    target: Target, existing: JsonObject | None, error: ProviderUnavailable, now: float
) -> Outcome:
    """The Secret as it is, where the pod may start with it (D8), else `error` again."""
    if not existing or not secret.answers(existing, target):
        raise error
    if not target.policy.keeps_stale:
        raise error
    limit = target.policy.max_stale
    if limit is not None and not _within(limit, existing, now):
        error.note = f"the Secret was {_written_ago(existing, now)}, over max-stale {span(limit)}"
        raise error
    return _outcome("stale", target, existing, note=f"{_written_ago(existing, now)}; {error}")


def _written_ago(existing: JsonObject, now: float) -> str:
    age = secret.age(existing, now)
    known = age < float("inf")
    return f"last written {span(age)} ago" if known else "last written at an unknown time"


def _written(
    target: Target,
    existing: JsonObject | None,
    wanted: JsonObject,
    cluster: Secrets,
    retry: Retry,
    settings: SyncSettings,
) -> Outcome:
    written = _applied(existing, wanted, cluster, retry)
    if secret.number(left := secret.removal(written, wanted)):
        retry(lambda: cluster.remove(left))
    if existing is None:
        return _outcome("created", target, wanted)
    retry.wait(settings.propagation_delay)
    if not secret.is_managed(existing, settings.managed_by, *settings.also_managed_by):
        from initsync.sync import adoption  # once in a Secret's life

        return _outcome("updated", target, wanted, note=adoption.note(existing))
    other = "" if secret.is_from(existing, target) else secret.source(existing)
    return _outcome("updated", target, wanted)._replace(before=other)


def _applied(
    existing: JsonObject | None, wanted: JsonObject, cluster: Secrets, retry: Retry
) -> JsonObject:
    """The Secret as stored, by applying ours; where there is no room for that, by making some."""
    if existing is None:
        return retry(lambda: cluster.apply_secret(wanted))
    try:
        few = secret.number(secret.removal(existing, wanted)) <= MANY
        if few and not secret.unread(existing):
            return retry(lambda: cluster.apply_secret(wanted))
    except ClusterTooLarge:
        pass
    from initsync.sync import room  # no good sync needs it

    try:
        return retry(lambda: cluster.replace_secret(room.whole(existing, wanted)))
    except ClusterTooLarge as error:
        raise room.explained(error, existing) from error


def _outcome(
    action: str, target: Target, stored: JsonObject, version: str = "", note: str = ""
) -> Outcome:
    """`version`: of what was read, where it is another than the Secret itself says."""
    names = tuple(sorted(stored.get("data") or {}))
    return Outcome(action, target, names, note, version or secret.version(stored))
