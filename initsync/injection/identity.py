"""The AWS identity that AWS's webhook gave a pod's containers, for ours as well.

It changes the containers that are there when it runs. Normally that is after us; where it ran
before, the first identity that is whole is copied (D22). What it writes anybody can write
by hand, so only that counts: its volume of one token, mounted where it mounts it, the token's file
in there, a role or an agent of AWS's. Half of one, or another's, is left: AWS's second round may
still add its own. https://github.com/aws/amazon-eks-pod-identity-webhook
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from initsync.kube import podfields
from initsync.providers.aws import agents


class Identity(NamedTuple):
    """Entries for a container's `env` and `volumeMounts`."""

    env: list[dict[str, Any]]
    mounts: list[dict[str, Any]]


class Kind(NamedTuple):
    """What AWS's webhook writes for one kind of identity, with its options' defaults (main.go)."""

    volume: str
    path: str
    """Where it mounts the volume. Another (`--token-mount-path`) is not copied."""
    file: str
    """The variable that names the token's file."""
    beside: str
    """The variable that it comes with."""
    good: Callable[[str], bool]
    """Whether that may have this value."""


KINDS = (
    Kind(
        "aws-iam-token",
        "/var/run/secrets/eks.amazonaws.com/serviceaccount",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        bool,
    ),
    Kind(
        "eks-pod-identity-token",
        "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        agents.serves,
    ),
)
SKIPPED = "eks.amazonaws.com/skip-containers"
"""On a pod: the containers, as CSV, that AWS's webhook leaves as they are."""
_ALONE = ("AWS_STS_REGIONAL_ENDPOINTS", "AWS_DEFAULT_REGION", "AWS_REGION")
VOLUMES = tuple(kind.volume for kind in KINDS)
ENV = frozenset([*_ALONE, *(name for kind in KINDS for name in (kind.file, kind.beside))])


def given(pod: Mapping[str, Any]) -> Identity:
    """That of the first container, app containers before others, that has a whole one; or none."""
    spec = pod["spec"]
    volumes = {volume["name"]: volume for volume in spec.get("volumes") or []}
    tokens = [(kind, token(volumes.get(kind.volume) or {})) for kind in KINDS]
    files = [(kind, f"{kind.path}/{path}") for kind, path in tokens if path]
    for container in podfields.containers(spec) if files else ():
        for kind, file in files:
            if env := _whole(container, kind, file):
                mount = {"name": kind.volume, "mountPath": kind.path, "readOnly": True}
                return Identity(env, [mount])
    return Identity([], [])


def skipping(container: str, annotations: Mapping[str, str]) -> str:
    """SKIPPED with `container` in it: in front, for only one line of it is read."""
    return ",".join(filter(None, (container, annotations.get(SKIPPED))))


def token(volume: Mapping[str, Any]) -> str:
    """The path in a volume of one ServiceAccount token and nothing else; empty for any other.

    A token without an audience is the Kubernetes API's own, which goes nowhere else.
    """
    sources = (volume.get("projected") or {}).get("sources") or []
    only = (sources[0] if len(sources) == 1 else {}).get("serviceAccountToken") or {}
    return str(only.get("path") or "") if only.get("audience") else ""


def _whole(container: Mapping[str, Any], kind: Kind, file: str) -> list[dict[str, Any]]:
    """The container's variables, where it has the token at `file`, and all that belongs to it."""
    if not any(_mounts(mount, kind) for mount in container.get("volumeMounts") or []):
        return []
    plain = [entry for entry in container.get("env") or [] if _plain(entry)]
    alone = [entry for entry in plain if entry["name"] in _ALONE]
    beside = [it for it in plain if it["name"] == kind.beside and kind.good(it["value"])]
    files = [it for it in plain if it["name"] == kind.file and it["value"] == file]
    return [*alone, *beside, *files] if beside and files else []


def _mounts(mount: Mapping[str, Any], kind: Kind) -> bool:
    """Whether it is AWS's mount: the whole volume, where AWS's webhook has it."""
    placed = mount["name"] == kind.volume and mount.get("mountPath") == kind.path
    return placed and not mount.get("subPath") and not mount.get("subPathExpr")


def _plain(entry: Mapping[str, Any]) -> bool:
    """Whether it has a value of its own, as all that AWS's webhook writes.

    A reference is somebody else's: to a Secret, maybe the very one that is to be made; or to a
    variable that our container does not have.
    """
    return entry["name"] in ENV and "$(" not in entry.get("value", "$(")
