"""Providers that hold what a test puts into them, and syncs of one Secret from several of them."""

from typing import Any

from initsync.sync.retry import Retry
from initsync.sync.settings import SyncSettings
from initsync.sync.upsert import sync
from initsync.words.errors import ProviderUnavailable, SecretNotFound
from initsync.words.model import (
    ExternalSecret,
    Form,
    PodRef,
    Selection,
    SyncPolicy,
    SyncRequest,
    targets,
)
from initsync.words.outcome import Outcome
from tests.initsync.sync.one_secret import Cluster

POD = PodRef("shop", "web-1", "0b2a")


class Held:
    """A provider: by path its content; `down` are paths that cannot be asked for now."""

    def __init__(self, name: str, **content: Any) -> None:
        self.name = name
        self.content = content
        self.versions: dict[str, str] = {}
        self.down: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        self.asked.append((path, version))
        if path in self.down:
            raise ProviderUnavailable(self.name, "HTTP 503")
        if path not in self.content:
            raise SecretNotFound(self.name, path)
        return ExternalSecret(self.content[path], path, self.name, self.versions.get(path, ""))

    def whoami(self, path: str) -> str:
        raise AssertionError("a sync asks for no name")


def entry(
    path: str,
    selection: Selection = Selection(),  # noqa: B008  # immutable
    form: Form = Form(),  # noqa: B008  # immutable
    provider: str = "vault",
    policy: SyncPolicy = SyncPolicy(),  # noqa: B008  # immutable
) -> SyncRequest:
    return SyncRequest(provider, path, "db", POD, policy, selection, form)


def run(
    cluster: Cluster,
    *entries: SyncRequest,
    providers: dict[str, Held],
    now: float = 0.0,
    settings: SyncSettings = SyncSettings(propagation_delay=0),  # noqa: B008  # immutable
) -> Outcome:
    retry = Retry(lambda: 0.0, lambda _: None, lambda: 0.5, 60.0, lambda _: None)
    (target,) = targets(entries)
    return sync(target, providers.__getitem__, cluster, retry, lambda: now, settings)


def annotations(cluster: Cluster) -> dict[str, str]:
    assert cluster.stored
    found: dict[str, str] = cluster.stored["metadata"]["annotations"]
    return found


def labels(cluster: Cluster) -> dict[str, str]:
    assert cluster.stored
    found: dict[str, str] = cluster.stored["metadata"]["labels"]
    return found
