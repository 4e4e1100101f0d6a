"""The identity that a cloud's webhook gave a pod's containers, for ours as well.

It changes the containers that are there when it runs. Where it ran before us, the first identity
that is whole is copied, one of each cloud (D22). What it writes anybody can write by hand, so only
that counts: its volume of one token, mounted where it mounts it, the token's file in there, and
with it what may come with it. Half of one, or another's, is left: a second round of its may still
add its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from initsync.injection import webhooks
from initsync.injection.webhooks import Kind, Webhook
from initsync.kube import podfields


class Identity(NamedTuple):
    """Entries for a container's `env` and `volumeMounts`."""

    env: list[dict[str, Any]]
    mounts: list[dict[str, Any]]


class _Token(NamedTuple):
    kind: Kind
    volume: str
    file: str


def given(pod: Mapping[str, Any]) -> Identity:
    """For each cloud the whole identity of the first container that has one, apps first."""
    found = [_given(pod["spec"], webhook) for webhook in webhooks.ALL]
    env = [entry for identity in found for entry in identity.env]
    return Identity(env, [mount for identity in found for mount in identity.mounts])


def skipping(container: str, metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The annotations that have the webhooks leave `container` alone, of those that see the pod.

    It stands in front, for of AWS's only one line is read.
    """
    annotations, labels = (metadata.get(part) or {} for part in ("annotations", "labels"))
    for webhook in webhooks.ALL:
        if not webhook.label or labels.get(webhook.label) == "true":
            names = filter(None, (container, annotations.get(webhook.skipped)))
            yield webhook.skipped, webhook.between.join(names)


def token(volume: Mapping[str, Any]) -> str:
    """The path in a volume of one ServiceAccount token and nothing else; empty for any other.

    A token without an audience is the Kubernetes API's own, which goes nowhere else.
    """
    sources = (volume.get("projected") or {}).get("sources") or []
    only = (sources[0] if len(sources) == 1 else {}).get("serviceAccountToken") or {}
    return str(only.get("path") or "") if only.get("audience") else ""


def _given(spec: Mapping[str, Any], webhook: Webhook) -> Identity:
    tokens = [found for kind in webhook.kinds for found in _tokens(spec, kind)]
    for container in podfields.containers(spec) if tokens else ():
        for found in tokens:
            if env := _whole(container, found, webhook):
                mount = {"name": found.volume, "mountPath": found.kind.path, "readOnly": True}
                return Identity(env, [mount])
    return Identity([], [])


def _tokens(spec: Mapping[str, Any], kind: Kind) -> list[_Token]:
    """None or one: no webhook writes two, which could only be mounted at the same path."""
    named = (volume for volume in spec.get("volumes") or [] if kind.has(volume["name"]))
    paths = ((volume["name"], token(volume)) for volume in named)
    found = next(((name, path) for name, path in paths if path), None)
    return [_Token(kind, found[0], f"{kind.path}/{found[1]}")] if found else []


def _whole(container: Mapping[str, Any], found: _Token, webhook: Webhook) -> list[dict[str, Any]]:
    """The container's variables, where it has the token, and all that belongs to it."""
    if not any(_mounts(mount, found) for mount in container.get("volumeMounts") or []):
        return []
    kind = found.kind
    plain = [entry for entry in container.get("env") or [] if _plain(entry)]
    alone = [entry for entry in plain if entry["name"] in webhook.alone]
    beside = [it for it in plain if (good := kind.beside.get(it["name"])) and good(it["value"])]
    files = [it for it in plain if it["name"] == kind.file and it["value"] == found.file]
    all_there = {entry["name"] for entry in beside} == kind.beside.keys()
    return [*alone, *beside, *files] if all_there and files else []


def _mounts(mount: Mapping[str, Any], found: _Token) -> bool:
    """Whether it is the webhook's mount: the whole volume, where the webhook has it."""
    placed = mount["name"] == found.volume and mount.get("mountPath") == found.kind.path
    return placed and not mount.get("subPath") and not mount.get("subPathExpr")


def _plain(entry: Mapping[str, Any]) -> bool:
    """Whether it has a value of its own, as all that the webhooks write.

    A reference is somebody else's: to a Secret, maybe the very one that is to be made; or to a
    variable that our container does not have.
    """
    return entry["name"] in webhooks.ENV and "$(" not in entry.get("value", "$(")
