"""What makes `jasm-init` a native sidecar, in a pod that asks for one (design D14).

https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from initsync import keys
from injector.settings import Settings

_TIMEOUT = 60.0  # seconds: JASM_TIMEOUT's default
_SLACK = 60  # seconds that the kubelet may take to start the process and to ask


def wanted(pod: Mapping[str, Any]) -> bool:
    """Whether the pod asks for it; of an unknown mode the container itself tells."""
    return _annotations(pod).get(keys.MODE) == keys.SIDECAR


def fields(pod: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Beside those of an init container.

    The probe only looks for a file: it starts no interpreter, and no mesh or network policy is
    in its way, nor another pod's port on a host's network.
    """
    probe = {
        "exec": {"command": ["test", "-e", f"{keys.HANDOVER_DIR}/{keys.READY_FILE}"]},
        "periodSeconds": 1,
        "timeoutSeconds": 5,
        "failureThreshold": math.ceil(_timeout(settings)) + _SLACK,
    }
    port = metrics_port(pod)
    ports = [{"name": "jasm-metrics", "containerPort": port}] if port else []
    return {
        "restartPolicy": "Always",
        "startupProbe": probe,
        **({"ports": ports} if ports else {}),
    }


def env(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Beside an init container's."""
    port = metrics_port(pod)
    metrics = [{"name": "JASM_METRICS_PORT", "value": str(port)}] if port else []
    return [{"name": "JASM_MODE", "value": keys.SIDECAR}, *metrics]


def metrics_port(pod: Mapping[str, Any]) -> int | None:
    """The port that the pod's annotation asks for, where it can be had."""
    text = _annotations(pod).get(keys.METRICS_PORT, "")
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return port if 0 < port < 65_536 and port not in _taken(pod) else None


def ignored(pod: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each annotation that has no effect."""
    annotations = _annotations(pod)
    for name in (keys.REFRESH_INTERVAL, keys.METRICS_PORT):
        if name in annotations and not wanted(pod):
            yield f"annotation {name} is ignored: it is for {keys.MODE}: sidecar"
    if wanted(pod) and keys.METRICS_PORT in annotations and metrics_port(pod) is None:
        rule = "it must be a port, 1 to 65535, that no container of the pod has"
        yield f"annotation {keys.METRICS_PORT} is ignored: {rule}"


def _annotations(pod: Mapping[str, Any]) -> Mapping[str, str]:
    return pod["metadata"].get("annotations") or {}


def _taken(pod: Mapping[str, Any]) -> set[int]:
    """Ports of the pod's containers: ours starts first, and would take one from its app."""
    spec = pod["spec"]
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    return {port.get("containerPort") for found in containers for port in found.get("ports") or []}


def _timeout(settings: Settings) -> float:
    try:
        seconds = float(dict(settings.env).get("JASM_TIMEOUT") or _TIMEOUT)
    except ValueError:  # the container refuses it, and says so
        return _TIMEOUT
    return seconds if 0 <= seconds <= 86_400 else _TIMEOUT
