"""The use-case: read the Secret, fetch from the provider, apply what differs (design D4, D5).

Any write rests on a value fetched after the write that it replaces, so a slow pod can never put
an older value over a newer one. The outside arrives as arguments.
"""

from collections.abc import Callable
from typing import Protocol

from initsync import manifests, rules
from initsync.errors import AnnotationError, ClusterConflict, InvalidSecretData
from initsync.model import ExternalSecret, JsonObject, Outcome, SecretProvider, SyncRequest
from initsync.retry import Retry
from initsync.settings import Settings

ROUNDS = 10
"""Lost races before giving up; the winner of each wrote a value as new as ours or newer."""


class Secrets(Protocol):
    """What the use-case needs of a cluster; `initsync.cluster.Cluster` is one."""

    def read_secret(self, name: str) -> JsonObject | None:
        """The stored Secret, or None."""

    def apply_secret(self, manifest: JsonObject) -> JsonObject:
        """The Secret as stored now. Raises ClusterConflict where it changed since it was read."""

    def remove_keys(self, written: JsonObject, names: list[str]) -> None:
        """Drop keys from the data of the Secret just written. Raises ClusterConflict likewise."""


def sync(
    request: SyncRequest,
    provider: SecretProvider,
    cluster: Secrets,
    retry: Retry,
    now: Callable[[], float],
    settings: Settings,
) -> Outcome:
    """Make the Secret say what the provider says. Raises the failures of `initsync.errors`."""
    if rule := provider.check_path(request.secret_path):
        raise AnnotationError.field("path", request.secret_path, rule, None)
    for attempt in range(1, ROUNDS + 1):
        existing = retry(lambda: cluster.read_secret(request.secret_name))
        if existing:
            manifests.refuse_foreign(existing, settings.managed_by)
        external = _fetched(request, provider, retry)
        wanted = manifests.secret(request, external, existing, now(), settings.managed_by)
        if manifests.up_to_date(existing, wanted):
            return Outcome("unchanged", request, len(external.data))
        try:
            return _written(request, existing, wanted, cluster, retry, settings)
        except ClusterConflict:
            if attempt == ROUNDS:
                raise
            retry.wait(retry.pause(attempt))
    raise AssertionError("the last round returns or raises")


def _fetched(request: SyncRequest, provider: SecretProvider, retry: Retry) -> ExternalSecret:
    external = retry(lambda: provider.fetch(request.secret_path))
    if problem := rules.data_problem(external.data):
        raise InvalidSecretData(request.provider, request.secret_path, problem)
    return external


def _written(
    request: SyncRequest,
    existing: JsonObject | None,
    wanted: JsonObject,
    cluster: Secrets,
    retry: Retry,
    settings: Settings,
) -> Outcome:
    written = retry(lambda: cluster.apply_secret(wanted))
    if extra := manifests.leftover_keys(written, wanted):
        retry(lambda: cluster.remove_keys(written, extra))
    if existing is None:
        return Outcome("created", request, len(wanted["data"]))
    retry.wait(settings.settle)
    before = manifests.source(existing)
    note = f"before: {before}" if before and before != manifests.source(wanted) else ""
    return Outcome("updated", request, len(wanted["data"]), note)
