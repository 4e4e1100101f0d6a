"""The use-case: read the Secret, fetch from the provider, apply what differs (D4, D5).

Any write rests on a value fetched after the write that it replaces, so a slow pod can never put
an older value over a newer one. The outside arrives as arguments.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from initsync.sync import secret
from initsync.sync.retry import Retry
from initsync.sync.settings import Settings
from initsync.words import rules
from initsync.words.errors import (
    ClusterConflict,
    ClusterTooLarge,
    InvalidSecretData,
    ProviderUnavailable,
)
from initsync.words.model import ExternalSecret, JsonObject, Outcome, SyncRequest

if TYPE_CHECKING:  # a sync needs no types
    from initsync.providers.interface import SecretProvider
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


def sync(
    request: SyncRequest,
    provider: "SecretProvider",
    cluster: Secrets,
    retry: Retry,
    now: Callable[[], float],
    settings: Settings,
) -> Outcome:
    """Make the Secret say what the provider says. Raises the failures of `words.errors`."""
    for attempt in range(1, ROUNDS + 1):
        existing = retry(lambda: _read(request, cluster, settings))
        if existing and _recent(request, existing, now()):
            return _outcome("recent", request, existing, _written_ago(existing, now()))
        try:
            external = _fetched(request, provider, retry)
        except ProviderUnavailable as error:
            return _kept(request, existing, error, now())
        wanted = secret.secret(request, external, existing, now(), settings.managed_by)
        if existing and _up_to_date(request, existing, wanted, now()):
            retry.wait(settings.settle if attempt > 1 else 0)
            return _outcome("unchanged", request, existing)
        try:
            return _written(request, existing, wanted, cluster, retry, settings)
        except ClusterConflict:
            if attempt == ROUNDS or not retry.paused(attempt):
                raise
    raise AssertionError("the last round returns or raises")


def _read(request: SyncRequest, cluster: Secrets, settings: Settings) -> JsonObject | None:
    existing = cluster.read_secret(request.secret_name)
    if existing:
        secret.refuse_foreign(existing, settings.managed_by, *settings.also_managed_by)
    return existing


def _recent(request: SyncRequest, existing: JsonObject, now: float) -> bool:
    """Whether max-age allows to take the Secret unasked."""
    limit = request.policy.max_age
    if limit is None or secret.unread(existing):
        return False
    if secret.source(existing) != request.source:
        return False
    return _within(limit, existing, now)


def _within(limit: float, existing: JsonObject, now: float) -> bool:
    """Whether the Secret was written that many seconds ago at most, for max-age and max-stale.

    As far as clocks differ it may have been written later than now, but by no more than the limit.
    """
    return -limit <= secret.age(existing, now) <= limit


def _up_to_date(request: SyncRequest, existing: JsonObject, wanted: JsonObject, now: float) -> bool:
    """Whether nothing is to be written.

    Under max-age the time of writing counts too: it tells the rollout's other pods, which then
    need not ask, that the value was seen just now.
    """
    timely = request.policy.max_age is None or _recent(request, existing, now)
    return timely and secret.up_to_date(existing, wanted)


def _fetched(request: SyncRequest, provider: "SecretProvider", retry: Retry) -> ExternalSecret:
    external = retry(lambda: provider.fetch(request.secret_path))
    if problem := rules.data_problem(external.data):
        raise InvalidSecretData(request.provider, request.secret_path, problem)
    return external


def _kept(
    request: SyncRequest, existing: JsonObject | None, error: ProviderUnavailable, now: float
) -> Outcome:
    """The Secret as it is, where the pod may start with it (D8), else `error` again."""
    if not existing or secret.source(existing) != request.source:
        raise error
    if not request.policy.keeps_stale:
        raise error
    limit = request.policy.max_stale
    if limit is not None and not _within(limit, existing, now):
        error.note = f"the Secret was {_written_ago(existing, now)}, over max-stale {span(limit)}"
        raise error
    return _outcome("stale", request, existing, f"{_written_ago(existing, now)}; {error}")


def _written_ago(existing: JsonObject, now: float) -> str:
    age = secret.age(existing, now)
    known = age < float("inf")
    return f"last written {span(age)} ago" if known else "last written at an unknown time"


def _written(
    request: SyncRequest,
    existing: JsonObject | None,
    wanted: JsonObject,
    cluster: Secrets,
    retry: Retry,
    settings: Settings,
) -> Outcome:
    written = _applied(existing, wanted, cluster, retry)
    if secret.number(left := secret.removal(written, wanted)):
        retry(lambda: cluster.remove(left))
    if existing is None:
        return _outcome("created", request, wanted)
    retry.wait(settings.settle)
    if not secret.is_managed(existing, settings.managed_by, *settings.also_managed_by):
        from initsync.sync import adoption  # once in a Secret's life

        return _outcome("updated", request, wanted, adoption.note(existing))
    before = secret.source(existing)
    note = f"before: {before}" if before and before != secret.source(wanted) else ""
    return _outcome("updated", request, wanted, note)


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


def _outcome(action: str, request: SyncRequest, stored: JsonObject, note: str = "") -> Outcome:
    return Outcome(action, request, tuple(sorted(stored.get("data") or {})), note)
