"""What a platform team chooses about injected containers, built once at start and passed on."""

from dataclasses import dataclass

from initsync import __version__
from initsync.kube.place import MESH_PROXIES
from initsync.words import keys


@dataclass(frozen=True)
class InjectionSettings:
    """Frozen; sizes are Kubernetes quantities."""

    image: str
    pull_policy: str = "IfNotPresent"
    run_as_user: int | None = 65532
    """None leaves the choice to the cluster (OpenShift gives each namespace a range)."""
    seccomp_profile: str = "RuntimeDefault"
    """That, or `none`: some clusters let only some pods name one (OpenShift's SCC anyuid)."""
    cpu: str = "10m"
    """The least CPU limit: one sync takes 0.08 s of CPU, a second at 100m, 8 s at 10m. More than
    what the apps have may break a LimitRange or a quota."""
    memory: str = "32Mi"
    """The least memory limit; one sync takes 22 MB."""
    max_cpu: str = "1"
    """The most CPU that is copied from an app: more makes no sync faster (D24)."""
    max_memory: str = "256Mi"
    """The most memory that is copied from an app (D24)."""
    sidecar_cpu: str = "100m"
    """CPU limit, and so request, of a sidecar in limited pods: the sync that the pod's start waits
    for takes a second of it, and with 50m the pod's start three seconds more (on a real node). The
    request comes on top of the apps', and for as long as the pod runs."""
    sidecar_memory: str = "48Mi"
    """The memory limit of a sidecar in limited pods; a sidecar takes 23 MB."""
    env: tuple[tuple[str, str], ...] = ()
    """Variables for every injected container, such as AWS_REGION or a proxy."""
    secret_labels: tuple[tuple[str, str], ...] = ()
    """Labels for every Secret that is written; an entry's own go before them."""
    ca_configmap: str = ""
    """The ConfigMap in the pod's namespace whose CA certificates the container trusts, too."""
    ca_key: str = "ca.crt"
    """The key that has them, in PEM."""
    tokens: tuple[tuple[str, str], ...] = ()
    """Further ServiceAccount tokens of the container, by file the audience: each for one store."""
    credentials_configmap: str = ""
    """The ConfigMap in the pod's namespace with a credential configuration, such as Google's."""
    credentials_key: str = keys.CREDENTIALS_FILE
    """The key that has it."""
    image_pull_secrets: tuple[str, ...] = ()
    """Secrets in the pod's namespace that its image may be pulled with, beside the pod's own."""
    mesh_proxies: tuple[str, ...] = MESH_PROXIES
    """Native sidecars that must run before anything can use the network (D22)."""
    token_seconds: int = 3600
    """Life of the container's ServiceAccount token; the API server's minimum is 600."""
    container_restart_policy: bool = False
    """Whether the cluster lets a container have a restart policy of its own: from 1.35 (F10)."""
    deny_invalid: bool = False
    """Whether a pod with an invalid annotation is refused; else it gets a warning, and the
    container says it too."""
    version: str = __version__
    """Written on each injected pod."""
