"""What in a pod takes from the Secrets that its own `jasm-init` makes, and can never get it. Pure.

The kubelet mounts all volumes before it starts any container, and looks at `env` and `envFrom` when
it makes theirs. It looks at imagePullSecrets before each pull, but takes only Secrets of their own
types (kubernetes 1.37.2, pkg/credentialprovider/secrets/secrets.go), which a synced one is where
its entry says so. https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#detailed-behavior
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from initsync.kube import podfields, references
from initsync.words import keys, secrettypes
from initsync.words.wording import one_line

_LISTED = 5
_LONG = 64  # bytes of a name worth showing

_Types = Mapping[str, str]
"""The type of each Secret by its name."""
_ByName = dict[str, dict[str, None]]
"""Who takes each Secret, by the Secret's name, in order and each once."""


def problems(
    spec: Mapping[str, Any],
    secrets: _Types,
    before: Sequence[Mapping[str, Any]],
    *,
    waits: bool = False,
) -> Iterator[str]:
    """A sentence for each kind and Secret; see `of_each`."""
    for _, sentence in of_each(spec, secrets, before, waits=waits):
        yield sentence


def of_each(
    spec: Mapping[str, Any],
    secrets: _Types,
    before: Sequence[Mapping[str, Any]],
    *,
    waits: bool = False,
) -> Iterator[tuple[str, str]]:
    """Each of the sentences behind the name of the Secret that it is about.

    `secrets` are the types by name of those that `jasm-init` makes; `before` are the init
    containers that start before it. The pod is gone through once, however many Secrets there are.
    `waits`: others make them. The kubelet waits for those, but for files in volumes.
    """
    volumes = spec.get("volumes") or []
    early = _shown_early(before, volumes, secrets) if waits else _early(before, volumes, secrets)
    first = {} if waits else _by_name(volumes, references.at_mount, secrets)
    named = () if waits else spec.get("imagePullSecrets") or ()
    pulls = {pull.get("name") for pull in named}
    # Part of a pod, as kustomize's patches are, takes nothing yet.
    taking = spec.get("containers") and not podfields.only_syncs(spec)
    found = list(references.references(spec)) if taking else None
    taken = {one.secret for one in found or ()}
    told = _others(found or (), secrets)
    for secret, kind in secrets.items():
        name = one_line(secret, _LONG)
        if secret in early:
            yield secret, (_unseen if waits else _too_early)(name, early[secret])
        if secret in first:
            yield secret, _at_mount(name, first[secret])
        if secret in pulls and kind != secrettypes.DOCKER:
            yield secret, _never_pulled(name, kind)
        if found is not None and secret not in taken:
            yield secret, f"nothing in the pod takes from Secret {name}{told}"


def _too_early(name: str, containers: Iterable[str]) -> str:
    return (
        f"init containers that start before {keys.CONTAINER} can never see what that writes to "
        f"Secret {name}: {_listed(containers)}. Move them behind it, or see {keys.PLACE}"
    )


def _unseen(name: str, containers: Iterable[str]) -> str:
    return (
        f"init containers that start before {keys.WAITER} may see no files of Secret {name}: "
        f"{_listed(containers)}. Move them behind it, or see {keys.PLACE}"
    )


def _at_mount(name: str, volumes: Iterable[str]) -> str:
    return (
        "volumes that must be mounted before any container starts can never see what "
        f"{keys.CONTAINER} writes to Secret {name}: {_listed(volumes)}. Give them a Secret of "
        "their own"
    )


def _never_pulled(name: str, kind: str) -> str:
    return (
        f"no image can ever be pulled with Secret {name} of imagePullSecrets: "
        f"{keys.CONTAINER}'s own is pulled before that is made, and for all others its type, "
        f"{kind}, is none to pull with"
    )


def _early(
    before: Iterable[Mapping[str, Any]], volumes: Iterable[Mapping[str, Any]], secrets: _Types
) -> _ByName:
    """The containers that read a Secret before it is made, by variables or by a mount."""
    taken = _by_name(before, references.of_container, secrets)
    for secret, containers in _shown_early(before, volumes, secrets).items():
        taken.setdefault(secret, {}).update(containers)
    return taken


def _shown_early(
    before: Iterable[Mapping[str, Any]], volumes: Iterable[Mapping[str, Any]], secrets: _Types
) -> _ByName:
    """The containers that read a Secret before it is made, by a mount."""
    shown = dict[str, set[str]]()
    for secret, names in _by_name(volumes, references.of_volume, secrets).items():
        for name in names:
            shown.setdefault(name, set()).add(secret)
    taken: _ByName = {}
    for container in before:
        for mount in container.get("volumeMounts") or []:
            for secret in shown.get(mount["name"], ()):
                taken.setdefault(secret, {})[container["name"]] = None
    return taken


def _by_name(
    parts: Iterable[Mapping[str, Any]],
    of: Callable[[Mapping[str, Any]], Iterable[references.Reference]],
    secrets: _Types,
) -> _ByName:
    """The containers or volumes that name each of the Secrets in question."""
    taken: _ByName = {}
    for part in parts:
        for one in of(part):
            if one.secret in secrets:
                taken.setdefault(one.secret, {})[part["name"]] = None
    return taken


def _others(found: Iterable[references.Reference], secrets: _Types) -> str:
    """The Secrets that the pod takes and does not ask for: one of them may be what is meant."""
    others = [
        one.secret for one in found if one.through != references.PULL and one.secret not in secrets
    ]
    return f"; it names {_listed(others)}" if others else ""


def _listed(names: Iterable[str]) -> str:
    """The first of them, each once."""
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - _LISTED} more" if len(every) > _LISTED else ""
    return ", ".join(one_line(name, _LONG) for name in every[:_LISTED]) + more
