"""What in a pod takes from the Secret that its own `jasm-init` makes, and can never get it. Pure.

The kubelet mounts all volumes before it starts any container, and looks at `env` and `envFrom` when
it makes theirs. It looks at imagePullSecrets before each pull, but takes only Secrets of their own
types (kubernetes 1.37.2, pkg/credentialprovider/secrets/secrets.go), and those that are synced are
Opaque. https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#detailed-behavior
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from initsync.kube import references
from initsync.words import keys, secrettypes
from initsync.words.wording import one_line

_LISTED = 5
_LONG = 64  # bytes of a name worth showing


def problems(
    spec: Mapping[str, Any], secrets: Mapping[str, str], before: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """A sentence for each kind and Secret.

    `secrets` are the types by name of those that `jasm-init` makes; `before` are the init
    containers that start before it.
    """
    for secret, kind in secrets.items():
        yield from _too_early(spec, secret, before)
        yield from _never_pulled(spec, secret, kind)
        yield from _unused(spec, secret, secrets)


def _too_early(
    spec: Mapping[str, Any], secret: str, before: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    name = one_line(secret, _LONG)
    volumes = spec.get("volumes") or []
    shown = {found["name"] for found in volumes if _names(references.of_volume(found), secret)}
    if early := [found["name"] for found in before if _takes(found, secret, shown)]:
        yield (
            f"init containers that start before {keys.CONTAINER} can never see what that writes to "
            f"Secret {name}: {_listed(early)}. Move them behind it, or see {keys.PLACE}"
        )
    if first := [found["name"] for found in volumes if _names(references.at_mount(found), secret)]:
        yield (
            "volumes that must be mounted before any container starts can never see what "
            f"{keys.CONTAINER} writes to Secret {name}: {_listed(first)}. Give them a Secret of "
            "their own"
        )


def _never_pulled(spec: Mapping[str, Any], secret: str, kind: str) -> Iterator[str]:
    named = secret in (pull.get("name") for pull in spec.get("imagePullSecrets") or [])
    if named and kind != secrettypes.DOCKER:
        name = one_line(secret, _LONG)
        yield (
            f"no image can ever be pulled with Secret {name} of imagePullSecrets: "
            f"{keys.CONTAINER}'s own is pulled before that is made, and for all others its type, "
            f"{kind}, is none to pull with"
        )


def _takes(container: Mapping[str, Any], secret: str, shown: Collection[str]) -> bool:
    mounts = container.get("volumeMounts") or []
    mounted = any(mount["name"] in shown for mount in mounts)
    return mounted or _names(references.of_container(container), secret)


def _names(found: Iterable[references.Reference], secret: str) -> bool:
    return any(one.secret == secret for one in found)


def _unused(spec: Mapping[str, Any], secret: str, secrets: Collection[str]) -> Iterator[str]:
    found = list(references.references(spec))
    partial = not spec.get("containers")  # as kustomize's patches are
    if partial or _names(found, secret):
        return
    others = [
        one.secret for one in found if one.through != references.PULL and one.secret not in secrets
    ]
    names = f"; it names {_listed(others)}" if others else ""
    yield f"nothing in the pod takes from Secret {one_line(secret, _LONG)}{names}"


def _listed(names: Iterable[str]) -> str:
    """The first of them, each once."""
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - _LISTED} more" if len(every) > _LISTED else ""
    return ", ".join(one_line(name, _LONG) for name in every[:_LISTED]) + more
