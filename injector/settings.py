"""What a platform team chooses about injected containers, built once at start and passed on."""

from dataclasses import dataclass

from initsync import __version__


@dataclass(frozen=True)
class Settings:
    """Frozen; sizes are Kubernetes quantities."""

    image: str
    pull_policy: str = "IfNotPresent"
    run_as_user: int | None = 65532
    """None leaves the choice to the cluster (OpenShift gives each namespace a range)."""
    cpu: str = "100m"
    """What the container gets at least where its pod limits CPU: one sync takes 0.07 s of CPU
    at full speed, about a second at 100m."""
    memory: str = "64Mi"
    """What it gets at least where its pod limits memory; one sync takes 20 to 30 MB."""
    env: tuple[tuple[str, str], ...] = ()
    """Variables for every injected container, such as AWS_REGION or a proxy."""
    mesh_proxies: tuple[str, ...] = ("istio-proxy", "linkerd-proxy")
    """Native sidecars that must run before anything can use the network (design D22)."""
    token_seconds: int = 3600
    """Life of the container's ServiceAccount token; the API server's minimum is 600."""
    providers: tuple[str, ...] = ("aws-secretsmanager",)
    version: str = __version__
    """Written on each injected pod."""
