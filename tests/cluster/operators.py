"""Kinds of operators that are not here: of their documented fields those that a chart may set.

https://prometheus-operator.dev/docs/api-reference/api/ and https://cert-manager.io/docs/reference/api-docs/
"""

from typing import Any

from initsync.testing import manifests
from initsync.testing.closing import Closing
from initsync.testing.controlplane import ControlPlane
from tests.polling import until

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
TEXTS: Schema = {"type": "array", "items": TEXT}
LABELS: Schema = {"type": "object", "additionalProperties": TEXT}
DURATION: Schema = {"type": "string", "pattern": "^[0-9]+(ms|[smhdwy])$"}
GO_DURATION: Schema = {"type": "string", "pattern": "^([0-9]+(h|m|s))+$"}
EITHER: Schema = {"x-kubernetes-int-or-string": True}


def of(required: str = "", **fields: Schema) -> Schema:
    """An object that has no other fields; the names of the required ones in one text."""
    found: Schema = {"type": "object", "properties": fields}
    return found | ({"required": required.split()} if required else {})


def several(of_each: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": of_each}


def one_of(*values: str) -> Schema:
    """One of these texts."""
    return TEXT | {"enum": list(values)}


_KEY = of("key", name=TEXT, key=TEXT, optional=FLAG)
_SOURCE = of(secret=_KEY, configMap=_KEY)
_EXPRESSION = of("key operator", key=TEXT, operator=TEXT, values=TEXTS)
_RELABELINGS = several(
    of(
        sourceLabels=TEXTS,
        separator=TEXT,
        targetLabel=TEXT,
        regex=TEXT,
        modulus=NUMBER,
        replacement=TEXT,
        action=TEXT,
    )
)
_ENDPOINT = of(
    relabelings=_RELABELINGS,
    metricRelabelings=_RELABELINGS,
    port=TEXT,
    targetPort=EITHER,
    scheme=one_of("http", "https"),
    path=TEXT,
    interval=DURATION,
    scrapeTimeout=DURATION,
    honorLabels=FLAG,
    tlsConfig=of(
        ca=_SOURCE,
        cert=_SOURCE,
        keySecret=_KEY,
        caFile=TEXT,
        certFile=TEXT,
        keyFile=TEXT,
        serverName=TEXT,
        insecureSkipVerify=FLAG,
    ),
)
_RULE: dict[str, Schema] = {"alert": TEXT, "record": TEXT, "expr": EITHER, "for": DURATION}
_RULE |= {"keep_firing_for": DURATION, "labels": LABELS, "annotations": LABELS}
_GROUP = of("name", name=TEXT, interval=DURATION, rules=several(of("expr", **_RULE)))
_PRIVATE_KEY = of(
    algorithm=one_of("RSA", "ECDSA", "Ed25519"),
    encoding=one_of("PKCS1", "PKCS8"),
    rotationPolicy=one_of("Never", "Always"),
    size=NUMBER,
)
SPECS = {
    ("monitoring.coreos.com", "ServiceMonitor"): of(
        "endpoints selector",
        endpoints=several(_ENDPOINT),
        selector=of(matchLabels=LABELS, matchExpressions=several(_EXPRESSION)),
        namespaceSelector=of(any=FLAG, matchNames=TEXTS),
        jobLabel=TEXT,
        targetLabels=TEXTS,
        podTargetLabels=TEXTS,
    ),
    ("monitoring.coreos.com", "PrometheusRule"): of(groups=several(_GROUP)),
    ("cert-manager.io", "Certificate"): of(
        "secretName issuerRef",
        secretName=TEXT,
        issuerRef=of("name", name=TEXT, kind=TEXT, group=TEXT),
        commonName=TEXT,
        dnsNames=TEXTS,
        duration=GO_DURATION,
        renewBefore=GO_DURATION,
        isCA=FLAG,
        usages=TEXTS,
        privateKey=_PRIVATE_KEY,
        secretTemplate=of(annotations=LABELS, labels=LABELS),
    ),
    ("cert-manager.io", "Issuer"): of(
        selfSigned=of(crlDistributionPoints=TEXTS), ca=of("secretName", secretName=TEXT)
    ),
}


def definition(group: str, kind: str, spec: Schema) -> dict[str, Any]:
    """The CustomResourceDefinition."""
    plural = f"{kind.lower()}s"
    schema = {"openAPIV3Schema": of("spec", spec=spec)}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
    }


class Operators(Closing):
    """All of them are served until the end of the `with` block."""

    def __init__(self, api: ControlPlane) -> None:
        self._api = api
        self._all = [definition(*key, spec) for key, spec in SPECS.items()]
        for it in self._all:
            api.apply(it)
        until(lambda: all(self._is_served(it) for it in self._all))

    def close(self) -> None:
        """Remove them; returns when they are gone, so that others may come."""
        paths = [manifests.path(it) for it in self._all]
        for path in paths:
            self._api.request("DELETE", path)
        until(lambda: {self._api.request("GET", path).status for path in paths} == {404})

    def _is_served(self, it: dict[str, Any]) -> bool:
        path = f"/apis/{it['spec']['group']}/v1/{it['spec']['names']['plural']}"
        return self._api.request("GET", path).status == 200
