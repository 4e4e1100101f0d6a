"""One Secret in a cluster that can lose races on purpose, and a provider of one value for it."""

import copy
from collections.abc import Callable
from typing import Any

from initsync.sync import secret
from initsync.sync.retry import Retry
from initsync.sync.settings import SyncSettings
from initsync.sync.upsert import Secrets, sync
from initsync.words.errors import ClusterConflict, ProviderUnavailable, SecretNotFound
from initsync.words.model import ExternalSecret, PodRef, SyncPolicy, SyncRequest, Target
from initsync.words.outcome import Outcome

REQUEST = SyncRequest("vault", "kv/db", "db", PodRef("shop", "web-1", "0b2a"))
TARGET = Target((REQUEST,))


class Cluster:
    """One Secret with a resource version, as F2 describes it; `before_apply` may interfere."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] | None = None
        self.version = 10
        self.calls: list[str] = []
        self.coowned: set[str] = set()
        self.before_apply: Callable[[], None] = lambda: None
        self.before_replace: Callable[[], None] = lambda: None

    def put(self, data: dict[str, str], path: str = "kv/db") -> None:
        target = Target((REQUEST._replace(secret_path=path),))
        self.store(secret.secret(target, data, "", None, 0, SyncSettings()))

    def store(self, manifest: dict[str, Any]) -> None:
        self.version += 1
        kept = dict.fromkeys(self.coowned, "b2xk")
        self.stored = copy.deepcopy(manifest)
        self.stored["data"] = kept | self.stored["data"]
        self.stored["metadata"]["resourceVersion"] = str(self.version)

    def read_secret(self, name: str) -> dict[str, Any] | None:
        assert name == "db"
        self.calls.append("read")
        return copy.deepcopy(self.stored)

    def apply_secret(self, manifest: dict[str, Any]) -> dict[str, Any]:
        self.calls.append("apply")
        self.before_apply()
        have = self.stored["metadata"]["resourceVersion"] if self.stored else "1"
        if manifest["metadata"]["resourceVersion"] != have and self.stored:
            raise ClusterConflict("apply Secret shop/db", "the object has been modified (409)")
        self.store(manifest)
        assert self.stored
        return copy.deepcopy(self.stored)

    def replace_secret(self, manifest: dict[str, Any]) -> dict[str, Any]:
        assert self.stored
        self.calls.append("replace")
        self.before_replace()
        if manifest["metadata"]["resourceVersion"] != self.stored["metadata"]["resourceVersion"]:
            raise ClusterConflict("patch", "the object has been modified (409)")
        self.coowned.clear()
        self.store(manifest)
        return copy.deepcopy(self.stored)

    def remove(self, patch: dict[str, Any]) -> None:
        assert self.stored
        assert patch["metadata"]["resourceVersion"] == self.stored["metadata"]["resourceVersion"]
        self.calls.append("remove " + ",".join(sorted(patch["data"])))
        for name in patch["data"]:
            del self.stored["data"][name]


class Provider:
    """Holds one value, which the test changes."""

    name = "vault"

    def __init__(self, **data: str) -> None:
        self.data = data
        self.down = False
        self.note = self.warning = ""
        self.fetches = 0

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        self.fetches += 1
        if self.down:
            raise ProviderUnavailable("AWS", "HTTP 503")
        if not self.data:
            raise SecretNotFound(self.name, path)
        return ExternalSecret(self.data, path, self.name, "", self.note, self.warning)

    def whoami(self, path: str) -> str:
        raise AssertionError("a sync asks for no name")


def run(
    cluster: Secrets,
    provider: Provider,
    slept: list[float] | None = None,
    path: str = "kv/db",
    policy: SyncPolicy = SyncPolicy(),  # noqa: B008  # immutable
    now: float = 0.0,
) -> Outcome:
    """One sync of that path, whose policy the outcome leaves out."""
    sleep = (slept if slept is not None else []).append
    retry = Retry(lambda: 0.0, sleep, lambda: 0.5, 60.0, lambda _: None)
    asked = Target((REQUEST._replace(secret_path=path, policy=policy),))
    outcome = sync(
        asked, lambda _: provider, cluster, retry, lambda: now, SyncSettings(propagation_delay=1.0)
    )
    entries = (entry._replace(policy=SyncPolicy()) for entry in outcome.target.entries)
    return outcome._replace(target=Target(tuple(entries)))
