"""The entities of the data model.

Tuples instead of dataclasses: `dataclasses` costs every pod start 6 ms of CPU (Python 3.11),
`typing` 1 ms beside what the pod path imports anyway.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

JsonObject = dict[str, Any]
"""A Kubernetes object as JSON gives it; never re-serialised through typed classes."""


class PodRef(NamedTuple):
    """The pod that asks."""

    namespace: str
    name: str
    uid: str


class SyncPolicy(NamedTuple):
    """What the pod's other annotations say of failures, ages and refreshing (D8, D14, D15).

    Ages are seconds, counted from the Secret's last write; None: no limit."""

    on_failure: str = "block"
    max_stale: float | None = None
    max_age: float | None = None
    """None: the provider is always asked."""
    mode: str = "init"
    refresh_interval: float = 300.0
    """Seconds between two syncs of a sidecar."""

    @property
    def keeps_stale(self) -> bool:
        """Whether a Secret written earlier will do while the provider is down."""
        return self.on_failure != "strict"


class SyncRequest(NamedTuple):
    """One parsed annotation: what to fetch, and where to keep it. Immutable."""

    provider: str
    secret_path: str
    secret_name: str
    pod: PodRef
    policy: SyncPolicy = SyncPolicy()
    """From the pod's other annotations."""

    @property
    def source(self) -> str:
        """Provider and path, as messages and the Secret's own marks name them."""
        return f"{self.provider} {self.secret_path}"

    @property
    def namespace(self) -> str:
        """Always the pod's own; the annotation cannot name another."""
        return self.pod.namespace

    @property
    def pod_name(self) -> str:
        """For logs and Events."""
        return self.pod.name

    @property
    def pod_uid(self) -> str:
        """For Events."""
        return self.pod.uid


class ExternalSecret:
    """Key-value pairs as a provider gave them. Its printed form never shows a value."""

    __slots__ = ("data", "provider", "source_path", "version")

    def __init__(
        self, data: Mapping[str, str], source_path: str, provider: str, version: str = ""
    ) -> None:
        self.data = dict(data)
        self.source_path = source_path
        self.provider = provider
        self.version = version
        """The provider's own name of it; empty where there is none."""

    def __repr__(self) -> str:
        return (
            f"ExternalSecret({self.provider} {self.source_path!r}, "
            f"{len(self.data)} keys, values redacted)"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExternalSecret) and (
            (self.data, self.source_path, self.provider, self.version)
            == (other.data, other.source_path, other.provider, other.version)
        )

    __hash__ = None  # type: ignore[assignment]  # holds a dict: equal by value, never a key


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
    request: SyncRequest
    keys: tuple[str, ...]
    """Their names."""
    note: str = ""

    @property
    def sentence(self) -> str:
        """For the Event, the log and the CLI."""
        return self.said()

    def said(self, *, dry_run: bool = False) -> str:
        """The sentence, as what was done or as what a run without writes would do."""
        would = "would be " if dry_run and self.action in ("created", "updated") else ""
        keys = f"{len(self.keys)} key" + ("" if len(self.keys) == 1 else "s")
        said = _SAID[self.action].format(keys=keys, source=self.request.source)
        note = f" ({self.note})" if self.note else ""
        return f"Secret {self.request.secret_name} {would}{said}{note}"
