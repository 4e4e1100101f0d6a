"""The chart's values one by one, each with another value than its default."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from tests.chart.examples import Object
from tests.chart.helm import CHART

VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
NAME, PAIR, DIGEST = "other", {"a": "b"}, f"sha256:{'0' * 64}"
REGISTRY_2 = "other.invalid"
SPREAD = {"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}
# In place of a value that cannot just be counted up, or negated.
OTHER: Object = {
    "fullnameOverride": "jasm-other",
    "imageRegistry": REGISTRY_2,
    "imagePullSecrets": [NAME],
    "extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME}}],
    "global.imageRegistry": REGISTRY_2,
    "global.imagePullSecrets": [NAME],
    "injection.mode": "policy",
    "injection.imagePullSecrets": [NAME],
    "injection.seccompProfile": "none",
    "injection.meshProxies": [],
    "injection.onInvalid": "deny",
    "injection.policy.apiVersion": "v1beta1",
    "injector.log.format": "text",
    "injector.log.level": "error",
    "injector.podDisruptionBudget.minAvailable": 1,
    "injector.topologySpreadConstraints": [SPREAD],
    "injector.tolerations": [{"operator": "Exists"}],
    "injector.strategy": {"type": "Recreate"},
    "injector.extraEnv": [{"name": NAME, "value": "b"}],
    "injector.extraArgs": ["--other"],
    "injector.extraVolumes": [{"name": NAME, "emptyDir": {}}],
    "injector.extraVolumeMounts": [{"name": NAME, "mountPath": "/other"}],
    "injector.service.ipFamilyPolicy": "PreferDualStack",
    "injector.service.ipFamilies": ["IPv6"],
    "webhook.failurePolicy": "Ignore",
    "webhook.tries": 1,
    "webhook.reinvocationPolicy": "Never",
    "webhook.excludedNamespaces": [NAME],
    "webhook.namespaceSelector": {"matchLabels": PAIR},
    "webhook.objectSelector": {"matchLabels": PAIR},
    "webhook.matchConditions": [{"name": NAME, "expression": "true"}],
    "certificates.mode": "secret",
    "certificates.caBundle": "-----BEGIN CERTIFICATE-----",
    "certificates.certManager.issuerRef": {"name": NAME},
    "injection.tokens": {"a": "b"},
    "guard.enabled": False,
    "guard.validationActions": ["Warn"],
    "guard.managedBy": [NAME],
    "guard.allowedLabels": [NAME],
    "guard.allowedAnnotations": [NAME],
    "guard.excludedNamespaces": [NAME],
    "rbac.namespaces": [{"namespace": NAME}],
    "networkPolicy.from": [{"podSelector": {}}],
    "networkPolicy.to": [{"ipBlock": {"cidr": "10.0.0.1/32"}}],
    "monitoring.serviceMonitor.tlsConfig": {"insecureSkipVerify": True},
    "monitoring.serviceMonitor.relabelings": [{"action": "labeldrop", "regex": "a"}],
    "monitoring.serviceMonitor.metricRelabelings": [{"action": "labeldrop", "regex": "b"}],
    "monitoring.prometheusRule.runbookUrl": "https://git.example.com/alerts.md",
}
# What must be so for those that begin with it to count.
NEEDED: dict[str, Object] = {
    "injection.policy.apiVersion": {"injection.mode": "policy"},
    "injection.caBundle.key": {"injection.caBundle.configMap": NAME},
    "injection.credentials.key": {"injection.credentials.configMap": NAME},
    "injector.autoscaling": {"injector.autoscaling.enabled": True},
    "certificates.caBundle": {"certificates.mode": "secret"},
    "certificates.certManager": {"certificates.mode": "certManager"},
    **{
        f"monitoring.{it}": {f"monitoring.{it}.enabled": True}
        for it in ("serviceMonitor", "prometheusRule", "dashboard")
    },
}
# What a cluster has or serves: test_policy.py and tests/cluster/test_chart_lifecycle.py have one.
LOOKED_UP = (
    *("rbac.namespaceSelector.", "injection.policy.fallback"),
    "certificates.forceConflicts",
)


def leaves(values: Any = VALUES, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each value that has none below it, and its default."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


DEFAULTS = {name: it for name, it in leaves() if not name.startswith(LOOKED_UP)}


def other(name: str) -> Any:
    """A value that is not the default."""
    value = DEFAULTS[name]
    if name in OTHER:
        return OTHER[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value * 2
    if value == {}:
        return PAIR
    of_images = ((".digest", DIGEST), (".pullPolicy", "Always"), (".registry", REGISTRY_2))
    for ending, found in of_images:
        if name.endswith(ending):
            return found
    return f"1{value}" if value else NAME


def option(name: str, value: Any) -> str:
    """For Helm's command line."""
    escaped = name.replace("kubernetes.io/os", r"kubernetes\.io/os")
    return f"--set-json={escaped}={json.dumps(value)}"


def needed(name: str) -> list[str]:
    """The options that this value counts with."""
    found = (settings for start, settings in NEEDED.items() if name.startswith(start))
    return [option(*it) for settings in found for it in settings.items() if it[0] != name]
