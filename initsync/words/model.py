"""The entities of the data model.

Tuples instead of dataclasses: `dataclasses` costs every pod start 6 ms of CPU (Python 3.11),
`typing` 1 ms beside what the pod path imports anyway.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

OPAQUE = "Opaque"
"""The type of a Secret that has no rules about its keys."""
SEVERAL = "several"
"""The text in place of a provider, for a Secret that is from more than one."""

Value = str | bytes
"""The value of one key of a Secret, not in base64."""
Data = Mapping[str, Value]
"""The values of a Secret, by key."""

JsonObject = dict[str, Any]
"""A Kubernetes object as JSON gives it; never re-serialised through typed classes."""


class PodRef(NamedTuple):
    """The pod that asks for a Secret."""

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
    on_change: str = ""
    """What a sidecar does once a sync has found another value, as the annotation has it."""
    change_window: float = 300.0
    """Seconds, of which each replica waits a random part before it asks to be evicted."""

    @property
    def keeps_stale(self) -> bool:
        """Whether a Secret written earlier will do while the provider is down."""
        return self.on_failure != "strict"


WHOLE = ("text", "binary")
"""Formats that have no names: the whole is one value."""
FORMATS = ("json", *WHOLE, "dotenv")


class Key(NamedTuple):
    """One of an entry's `keys` (D32)."""

    source: str
    """The name at the document's top level, or a JSON Pointer into it."""
    name: str
    """The key in the Secret."""


class Selection(NamedTuple):
    """What of a source is taken, and how it is read (D32 to D35)."""

    version: str = ""
    """The provider's own name of one; empty: the current one."""
    format: str = "json"
    keys: tuple[Key, ...] | None = None
    """The chosen keys; None: everything at the top level."""
    values: tuple[tuple[str, str], ...] = ()
    """The template of each value, by key in the Secret."""
    options: tuple[tuple[str, str], ...] = ()
    """What the fields say that entries of this provider alone have, sorted by name."""


class Form(NamedTuple):
    """What a Secret is besides its data: an entry's `type`, `labels` and `annotations`."""

    type: str = OPAQUE
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()


class SyncRequest(NamedTuple):
    """One entry of a parsed annotation: what to fetch, and where to keep it. Immutable."""

    provider: str
    secret_path: str
    secret_name: str
    pod: PodRef
    policy: SyncPolicy = SyncPolicy()
    """What the pod's other annotations say."""
    selection: Selection = Selection()
    form: Form = Form()
    line: int = 0
    """Where the entry begins in the annotation's text, counted from 1; 0: it is the whole text."""

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
        """The pod's name, for logs and Events."""
        return self.pod.name

    @property
    def pod_uid(self) -> str:
        """The pod's UID, for Events."""
        return self.pod.uid


class Target(NamedTuple):
    """One Kubernetes Secret, and the entries that fill it together (D36): at least one."""

    entries: tuple[SyncRequest, ...]

    @property
    def secret_name(self) -> str:
        """The name of the Secret."""
        return self.entries[0].secret_name

    @property
    def namespace(self) -> str:
        """The namespace, which is the pod's own."""
        return self.entries[0].namespace

    @property
    def policy(self) -> SyncPolicy:
        """What the pod's other annotations say, which is the same for all its entries."""
        return self.entries[0].policy

    @property
    def provider(self) -> str:
        """As the Secret's label names it."""
        found = {entry.provider for entry in self.entries}
        return found.pop() if len(found) == 1 else SEVERAL

    @property
    def path(self) -> str:
        """As the Secret's annotation names it: of several entries one a line, in order."""
        if len(self.entries) == 1:
            return self.entries[0].secret_path
        return "\n".join(entry.source for entry in self.entries)

    @property
    def source(self) -> str:
        """Where it is from, as messages name it."""
        return ", ".join(entry.source for entry in self.entries)

    @property
    def form(self) -> Form:
        """What the Secret is, by all of its entries together."""
        types = [it.form.type for it in self.entries if it.form.type != OPAQUE]
        labels = [pair for entry in self.entries for pair in entry.form.labels]
        annotations = [pair for entry in self.entries for pair in entry.form.annotations]
        return Form(types[0] if types else OPAQUE, tuple(labels), tuple(annotations))


def targets(entries: Iterable[SyncRequest]) -> tuple[Target, ...]:
    """The Secrets of an annotation, in the order in which it names them.

    The entries of each are in the order of their sources: two workloads that name the same ones
    in another order ask for the same Secret.
    """
    found: dict[str, list[SyncRequest]] = {}
    for entry in entries:
        found.setdefault(entry.secret_name, []).append(entry)
    return tuple(Target(tuple(sorted(every, key=_by_source))) for every in found.values())


def _by_source(entry: SyncRequest) -> tuple[str, str, str]:
    return entry.provider, entry.secret_path, repr(entry.selection)


def types(entries: Iterable[SyncRequest]) -> dict[str, str]:
    """The types of an annotation's Secrets, by the Secret's name."""
    return {target.secret_name: target.form.type for target in targets(entries)}


class ExternalSecret:
    """What a provider holds at a path. Its printed form never shows any of it."""

    __slots__ = ("content", "made", "note", "provider", "source_path", "version", "warning")

    def __init__(
        self,
        content: str | bytes | Mapping[str, str],
        source_path: str,
        provider: str,
        version: str = "",
        note: str = "",
        warning: str = "",
        made: str = "",
    ) -> None:
        self.content = content if isinstance(content, (str, bytes)) else dict(content)
        """Text or bytes in some format; or keys and values, of a provider that has those."""
        self.source_path = source_path
        self.provider = provider
        self.version = version
        """The provider's own name of it; empty where there is none."""
        self.note = note
        """What the Event is to tell of how it came here, as half a sentence, such as which of two
        regions answered."""
        self.warning = warning
        """What somebody should look at although the secret was given, as half a sentence."""
        self.made = made
        """When the version was made, in RFC 3339, of a provider whose versions are numbers that
        only grow (D38); else empty."""

    def __repr__(self) -> str:
        return f"ExternalSecret({self.provider} {self.source_path!r}, content redacted)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExternalSecret) and (
            (self.content, self.source_path, self.provider, self.version, self.made)
            == (other.content, other.source_path, other.provider, other.version, other.made)
        )

    __hash__ = None  # type: ignore[assignment]  # holds a dict: equal by value, never a key
