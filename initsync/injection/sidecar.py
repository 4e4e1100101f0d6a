"""What makes `jasm-init` a native sidecar, in a pod that asks for one (D14).

https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

import math
from typing import Any

from initsync.injection.choices import Choices
from initsync.injection.settings import InjectionSettings
from initsync.words import keys

_TIMEOUT = 60.0  # seconds: JASM_TIMEOUT's default
_SLACK = 60  # seconds that the kubelet may take to start the process and to ask


def fields(chosen: Choices, settings: InjectionSettings) -> dict[str, Any]:
    """The fields that a sidecar has beside those of an init container.

    The probe only looks for a file: it starts no interpreter, and no mesh or network policy is
    in its way, nor another pod's port on a host's network.
    """
    probe = {
        "exec": {"command": ["test", "-e", f"{keys.HANDOVER_DIR}/{keys.READY_FILE}"]},
        "periodSeconds": 1,
        "timeoutSeconds": 5,
        "failureThreshold": math.ceil(_timeout(settings)) + _SLACK,
    }
    port = chosen.metrics_port
    ports = [{"name": "jasm-metrics", "containerPort": port}] if port else []
    return {
        "restartPolicy": "Always",
        "startupProbe": probe,
        **({"ports": ports} if ports else {}),
    }


def env(chosen: Choices) -> list[dict[str, Any]]:
    """The variables that a sidecar has beside those of an init container."""
    port = chosen.metrics_port
    metrics = [{"name": "JASM_METRICS_PORT", "value": str(port)}] if port else []
    # The downward API shows no owner: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
    controlled = [{"name": "JASM_CONTROLLED", "value": "true"}] if chosen.evicts else []
    return [{"name": "JASM_MODE", "value": keys.SIDECAR}, *metrics, *controlled]


def _timeout(settings: InjectionSettings) -> float:
    try:
        seconds = float(dict(settings.env).get("JASM_TIMEOUT") or _TIMEOUT)
    except ValueError:  # the container refuses it, and says so
        return _TIMEOUT
    return seconds if 0 <= seconds <= 86_400 else _TIMEOUT
