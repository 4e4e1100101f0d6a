"""The init container, sidecar or not, and its volumes, as dicts."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from initsync.injection import identity, sidecar
from initsync.injection.choices import Choices
from initsync.injection.resources import Resources, resources, sidecar_resources
from initsync.injection.settings import InjectionSettings
from initsync.words import keys

PODINFO_VOLUME = "jasm-podinfo"
HANDOVER_VOLUME = "jasm-handover"
WAIT_VOLUME = "jasm-wait"
"""What names of those begin with that show `jasm-wait` a Secret as a whole."""
TOKEN_VOLUME = "jasm-token"  # noqa: S105  # a volume's name; kube-api-access-* would be the
# ServiceAccount plugin's, which would mount it into every container (D23)
_CA_FILE = "platform-ca.crt"
_OF_THE_IMAGE = 65532  # its USER, as the Dockerfile has it


class Volumes(NamedTuple):
    """The names of ours, which must not be others' in the pod."""

    podinfo: str
    token: str
    handover: str


def init_container(
    pod: Mapping[str, Any],
    chosen: Choices,
    volumes: Volumes,
    settings: InjectionSettings,
    *,
    waited: bool,
) -> dict[str, Any]:
    """`jasm-init` for this pod. `waited`: it leaves the keys' names for `jasm-wait`."""
    clouds = identity.given(pod)
    handed = waited or chosen.sidecar
    mounts = {volumes.podinfo: keys.PODINFO_DIR, volumes.token: keys.SERVICEACCOUNT_DIR}
    handover = {"name": volumes.handover, "mountPath": keys.HANDOVER_DIR}
    mounted = [*read_only(mounts), *([handover] if handed else []), *clouds.mounts]
    env = _env(pod, chosen, settings, clouds, handed=handed)
    wanted = (sidecar_resources if chosen.sidecar else resources)(pod, chosen, settings)
    secured = security(pod, chosen, settings)
    ours = described(keys.CONTAINER, env, mounted, settings, secured, wanted)
    if chosen.sidecar:
        return ours | sidecar.fields(chosen, settings)
    return ours | again(pod, settings)


def again(pod: Mapping[str, Any], settings: InjectionSettings) -> dict[str, Any]:
    """A container's own restart policy, where that is what starts it again."""
    own = settings.container_restart_policy and _never(pod)
    return {"restartPolicy": "OnFailure"} if own else {}


def last_try(pod: Mapping[str, Any], settings: InjectionSettings) -> list[dict[str, Any]]:
    """The variable by which a container knows that nothing starts it again (D7)."""
    last = _never(pod) and not settings.container_restart_policy
    return [{"name": "JASM_RESTART_POLICY", "value": "Never"}] if last else []


def described(
    name: str,
    env: list[dict[str, Any]],
    mounts: list[dict[str, Any]],
    settings: InjectionSettings,
    secured: dict[str, Any],
    wanted: Resources,
) -> dict[str, Any]:
    """One of our containers: `name` is also its command in our image."""
    container = {
        "name": name,
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "command": [name],
        "env": env,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": secured,
        "volumeMounts": mounts,
    }
    return container | ({"resources": wanted} if wanted else {})


def read_only(mounts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The volumes, by name, at their paths."""
    return [{"name": name, "mountPath": at, "readOnly": True} for name, at in mounts.items()]


def podinfo_volume(name: str) -> dict[str, Any]:
    """The downward-API files that `initsync.pod.podinfo` reads."""
    fields = {file: f"metadata.annotations['{name}']" for name, file in keys.PODINFO_FILES.items()}
    fields |= {field: f"metadata.{field}" for field in ("name", "namespace", "uid")}
    items = [{"path": path, "fieldRef": {"fieldPath": field}} for path, field in fields.items()]
    return {"name": name, "downwardAPI": {"items": items}}


def token_volume(name: str, settings: InjectionSettings) -> dict[str, Any]:
    """A ServiceAccount token of our own, under the names that every in-cluster client knows.

    And the platform's CA certificates and credential configuration: the kubelet waits for their
    ConfigMaps, as for the cluster's. And a token for each store that wants one of its own.
    The default mode (0644, which the kubelet narrows where it can) lets a non-root UID read it.
    """
    token = {"path": "token", "expirationSeconds": settings.token_seconds}
    ca = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    namespace = {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": token},
        {"configMap": ca},
        {"downwardAPI": {"items": [namespace]}},
        *([{"configMap": _platform_ca(settings)}] if settings.ca_configmap else []),
        *({"serviceAccountToken": _token(*it, settings)} for it in sorted(settings.tokens)),
        *([{"configMap": _credentials(settings)}] if settings.credentials_configmap else []),
    ]
    return {"name": name, "projected": {"sources": sources}}


def _token(file: str, audience: str, settings: InjectionSettings) -> dict[str, Any]:
    return {"path": file, "audience": audience, "expirationSeconds": settings.token_seconds}


def _credentials(settings: InjectionSettings) -> dict[str, Any]:
    items = [{"key": settings.credentials_key, "path": keys.CREDENTIALS_FILE}]
    return {"name": settings.credentials_configmap, "items": items}


def _platform_ca(settings: InjectionSettings) -> dict[str, Any]:
    items = [{"key": settings.ca_key, "path": _CA_FILE}]
    return {"name": settings.ca_configmap, "items": items}


def security(
    pod: Mapping[str, Any], chosen: Choices, settings: InjectionSettings
) -> dict[str, Any]:
    """What Pod Security "restricted" asks of every container, and a read-only root beside it."""
    user = _user(pod, chosen, settings)
    named = settings.seccomp_profile != "none" and not chosen.no_seccomp
    return {
        "runAsNonRoot": True,
        **({} if user is None else {"runAsUser": user}),
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        **({"seccompProfile": {"type": settings.seccomp_profile}} if named else {}),
    }


def user(pod: Mapping[str, Any], chosen: Choices, settings: InjectionSettings) -> int | None:
    """The UID that our container has in the end; None: the image's or the cluster's choice."""
    of_pod: int | None = (pod["spec"].get("securityContext") or {}).get("runAsUser")
    own = _user(pod, chosen, settings)
    return of_pod if own is None else own


def _user(pod: Mapping[str, Any], chosen: Choices, settings: InjectionSettings) -> int | None:
    """Its UID; None: the cluster's choice, or our image's.

    As a pod's own is root, a container without one would be root, and never be started.
    """
    if chosen.user:
        return chosen.user
    user = None if chosen.no_user else settings.run_as_user
    root = (pod["spec"].get("securityContext") or {}).get("runAsUser") == 0
    return _OF_THE_IMAGE if root and user is None else user


def _env(
    pod: Mapping[str, Any],
    chosen: Choices,
    settings: InjectionSettings,
    clouds: identity.Identity,
    *,
    handed: bool,
) -> list[dict[str, Any]]:
    """Each name once: the pod's own identities before the platform's choice before ours."""
    field = {"fieldRef": {"fieldPath": "spec.nodeName"}}
    node: dict[str, Any] = {"name": "JASM_NODE_NAME", "valueFrom": field}
    restart = [] if chosen.sidecar else last_try(pod, settings)
    mode = sidecar.env(chosen) if chosen.sidecar else []
    handover = [{"name": "JASM_HANDOVER_DIR", "value": keys.HANDOVER_DIR}] if handed else []
    trusted = [{"name": "SSL_CERT_FILE", "value": f"{keys.SERVICEACCOUNT_DIR}/{_CA_FILE}"}]
    trusted = trusted if settings.ca_configmap else []
    platforms = [{"name": name, "value": value} for name, value in settings.env]
    entries = [
        node,
        *restart,
        *mode,
        *handover,
        *trusted,
        *_labels(settings),
        *platforms,
        *clouds.env,
    ]
    return list({entry["name"]: entry for entry in entries}.values())


def _labels(settings: InjectionSettings) -> list[dict[str, Any]]:
    text = ",".join(f"{name}={value}" for name, value in sorted(settings.secret_labels))
    return [{"name": "JASM_SECRET_LABELS", "value": text}] if text else []


def _never(pod: Mapping[str, Any]) -> bool:
    """Whether the kubelet starts none of the pod's containers again, unless it says otherwise."""
    return bool(pod["spec"].get("restartPolicy") == "Never")
