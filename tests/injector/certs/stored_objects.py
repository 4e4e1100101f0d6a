"""The objects of one installation as the API server has them, and what is read of them."""

import base64
import datetime
from typing import Any

from injector.certs import issue, stored
from injector.certs.rotation import State
from injector.certs.stored import Names

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
HOST = "jasm-injector.jasm-system.svc"
NAMES = Names("jasm-system", "jasm-injector-tls", "jasm-injector", "jasm-injector", (HOST,))
OLD, NEW = (issue.issue([HOST], NOW, 90) for _ in range(2))
MANAGED = {"app.kubernetes.io/managed-by": "jasm-certs"}
JASM = {"app.kubernetes.io/name": "jasm"}
SERVICE = {"service": {"name": "jasm-injector", "namespace": "jasm-system"}}


def encoded(text: bytes) -> str:
    """As a Secret and a caBundle hold it."""
    return base64.b64encode(text).decode()


def webhook(*bundles: bytes, client: Any = SERVICE, **metadata: Any) -> dict[str, Any]:
    """A configuration with one entry for each bundle."""
    entries = [
        {"name": f"{number}.example", "clientConfig": client | {"caBundle": encoded(bundle)}}
        for number, bundle in enumerate(bundles or (b"",))
    ]
    known = {"name": "jasm-injector", "resourceVersion": "7", "labels": JASM}
    known["creationTimestamp"] = "2026-11-01T00:00:00Z"
    return {"metadata": known | metadata, "webhooks": entries}


def secret(**fields: Any) -> dict[str, Any]:
    """That of the serving certificate."""
    data = {"ca.crt": OLD.ca, "tls.crt": OLD.certificate, "tls.key": OLD.key}
    found: dict[str, Any] = {
        "metadata": {
            "name": "jasm-injector-tls",
            "resourceVersion": "9",
            "creationTimestamp": "2026-11-02T00:00:00Z",
            "labels": {"app.kubernetes.io/managed-by": "jasm-certs"},
            **fields.pop("metadata", {}),
        },
        "type": "kubernetes.io/tls",
        "data": {name: encoded(text) for name, text in data.items()},
    }
    return found | fields


def state(registered: dict[str, Any], held: dict[str, Any] | None) -> State:
    """Where no Service is asked for."""
    return stored.state(registered, held, None, NAMES)
