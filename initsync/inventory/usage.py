"""Managed Secrets, and who uses them: found in what the API server stores. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from initsync.annotation import request
from initsync.inventory.missed import owner
from initsync.kube import kinds, references
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import JsonObject

Key = tuple[str, str]
"""Namespace and name of a Secret."""


OTHERS = {"Ingress": references.of_ingress, "ServiceAccount": references.of_account}
"""Kinds that name Secrets and make no pods, with the function that finds the names."""


class User(NamedTuple):
    """What reads a Secret or asks for it: a pod, what makes pods, or one of `OTHERS`."""

    kind: str
    name: str
    owner: str
    """What made it, such as `ReplicaSet/web-5d`; empty for one of its own."""
    through: tuple[str, ...]
    """`annotation`, `env`, `envFrom`, `volume`, `projected volume`, `imagePullSecrets`, `tls`."""

    @property
    def title(self) -> str:
        """As `owner` of others has it."""
        return f"{self.kind}/{self.name}"


class Managed(NamedTuple):
    """A Secret that JASM writes; never its data."""

    namespace: str
    name: str
    provider: str
    path: str
    version: str
    """The provider's, of what was last written; empty where it has none."""
    created: str
    """When the Secret was made (RFC 3339)."""
    synced: str
    """When it was last written."""
    users: list[User]


class Found:
    """The managed Secrets, as their users are found one by one."""

    def __init__(self, secrets: Iterable[JsonObject]) -> None:
        """`secrets` need no more than their metadata."""
        every = map(_managed, secrets)
        self._by_key: dict[Key, Managed] = {(one.namespace, one.name): one for one in every}
        self.unclear: list[str] = []
        """Who asks for a Secret in words that do not say for which."""

    @property
    def secrets(self) -> list[Managed]:
        """The Secrets that JASM keeps, sorted by namespace and name."""
        return [self._by_key[key] for key in sorted(self._by_key)]

    @property
    def unused(self) -> list[Managed]:
        """The Secrets that nobody uses."""
        return [one for one in self.secrets if not one.users]

    def add(self, kind: str, found: JsonObject) -> None:
        """Count an object of a kind that may be a `User`."""
        metadata = found["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        through: dict[str, dict[str, None]] = {}  # in order, each once
        try:
            for reference in _references(kind, found):
                through.setdefault(reference.secret, {})[reference.through] = None
        except AnnotationError as error:
            self.unclear.append(f"{kind} {namespace}/{name} asks for a Secret, but {error}")
        for secret, ways in through.items():
            if one := self._by_key.get((namespace, secret)):
                one.users.append(User(kind, name, owner(metadata), tuple(ways)))


def first_users(users: Iterable[User]) -> list[User]:
    """The users that no other of them made: a Deployment, and not its ReplicaSets and pods."""
    every = list(users)
    titles = {user.title for user in every}
    return [user for user in every if user.owner not in titles]


def _references(kind: str, found: JsonObject) -> Iterator[references.Reference]:
    """What it reads, and last what it asks for. Raises AnnotationError."""
    if of := OTHERS.get(kind):
        yield from of(found)
        return
    pod: Mapping[str, Any] = found
    for field in kinds.pod_path(kind):
        pod = pod.get(field) or {}
    yield from references.references(pod.get("spec") or {})
    annotations = (pod.get("metadata") or {}).get("annotations") or {}
    if (text := annotations.get(keys.ANNOTATION)) is not None:
        for name in request.asked(text):
            yield references.Reference(name, "annotation")


def _managed(secret: JsonObject) -> Managed:
    metadata = secret["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return Managed(
        metadata["namespace"],
        metadata["name"],
        labels.get(keys.PROVIDER, ""),
        annotations.get(keys.SOURCE_PATH, ""),
        annotations.get(keys.VERSION, ""),
        metadata.get("creationTimestamp") or "",
        annotations.get(keys.SYNCED_AT, ""),
        [],
    )
