"""The init container and its two volumes, as dicts."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from initsync import keys
from injector import identity
from injector.resources import resources
from injector.settings import Settings

PODINFO_VOLUME = "jasm-podinfo"
TOKEN_VOLUME = "jasm-token"  # noqa: S105  # a volume's name; kube-api-access-* would be the
# ServiceAccount plugin's, which would mount it into every container (design D23)


class Volumes(NamedTuple):
    """The names of the two, which must not be others' in the pod."""

    podinfo: str
    token: str


def init_container(pod: Mapping[str, Any], volumes: Volumes, settings: Settings) -> dict[str, Any]:
    """`jasm-init` for this pod."""
    aws = identity.given(pod)
    container = {
        "name": keys.CONTAINER,
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "command": [keys.CONTAINER],
        "env": [*_env(pod, settings, aws), *aws.env],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": _security(settings),
        "volumeMounts": [
            {"name": volumes.podinfo, "mountPath": keys.PODINFO_DIR, "readOnly": True},
            {"name": volumes.token, "mountPath": keys.SERVICEACCOUNT_DIR, "readOnly": True},
            *aws.mounts,
        ],
    }
    wanted = resources(pod, settings)
    return container | ({"resources": wanted} if wanted else {})


def podinfo_volume(name: str) -> dict[str, Any]:
    """The downward-API files that `initsync.podinfo` reads."""
    fields = {file: f"metadata.annotations['{name}']" for name, file in keys.PODINFO_FILES.items()}
    fields |= {field: f"metadata.{field}" for field in ("name", "namespace", "uid")}
    items = [{"path": path, "fieldRef": {"fieldPath": field}} for path, field in fields.items()]
    return {"name": name, "downwardAPI": {"items": items}}


def token_volume(name: str, settings: Settings) -> dict[str, Any]:
    """A ServiceAccount token of our own, under the names that every in-cluster client knows.

    The default mode (0644, which the kubelet narrows where it can) lets a non-root UID read it.
    """
    token = {"path": "token", "expirationSeconds": settings.token_seconds}
    ca = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    namespace = {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": token},
        {"configMap": ca},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": name, "projected": {"sources": sources}}


def _env(
    pod: Mapping[str, Any], settings: Settings, aws: identity.Identity
) -> list[dict[str, Any]]:
    taken = {entry["name"] for entry in aws.env}
    never = pod["spec"].get("restartPolicy") == "Never"  # no later try: retry refusals (D7)
    restart = [{"name": "JASM_RESTART_POLICY", "value": "Never"}] if never else []
    node = {"name": "JASM_NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    chosen = [{"name": name, "value": value} for name, value in settings.env if name not in taken]
    return [node, *restart, *chosen]


def _security(settings: Settings) -> dict[str, Any]:
    """What Pod Security "restricted" asks of every container, and a read-only root beside it."""
    user = {} if settings.run_as_user is None else {"runAsUser": settings.run_as_user}
    return {
        "runAsNonRoot": True,
        **user,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
