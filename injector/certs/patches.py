"""What the certificate job writes: a new Secret, and the patches of what is stored. Pure."""

import base64
from collections.abc import Iterable
from typing import Any

from initsync.words import keys
from initsync.words.model import JsonObject
from injector.certs.pair import Pair
from injector.certs.rotation import State, Step
from injector.certs.stored import (
    CURRENT,
    MANAGER,
    NEXT,
    RENEWED,
    TYPE,
    WRITTEN,
    Names,
    bundle_bytes,
    entries,
)

# The version of no stored object: the API server takes it only while there is none (D4).
_MISSING = "1"


def new_secret(pair: Pair, step: Step, names: Names, service: JsonObject, now: str) -> JsonObject:
    """The Secret to apply where there is none. It goes with its owner, the Service.

    While replicas may serve from memory, `pair` is only the next one, and nothing is served yet.
    """
    data = dict.fromkeys(CURRENT, "") if step.kind == "issue" else {}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": names.secret,
            "namespace": names.namespace,
            "resourceVersion": _MISSING,
            "labels": {keys.MANAGED_BY: MANAGER, "app.kubernetes.io/name": "jasm"},
            "annotations": {WRITTEN: now},
            "ownerReferences": [_reference(service)],
        },
        "type": TYPE,
        "data": data | _data(pair, NEXT if step.kind == "issue" else CURRENT),
    }


def secret_patch(secret: JsonObject, found: State, step: Step, pair: Pair, now: str) -> JsonObject:
    """The JSON merge patch (RFC 7386) of the stored Secret; `pair` is a new one."""
    nothing: dict[str, Any] = dict.fromkeys(NEXT)
    said = {WRITTEN: now}
    data: dict[str, Any] = {}
    if step.kind in ("install", "issue"):
        said[RENEWED] = found.asked
        data = _data(pair, CURRENT) | nothing if step.kind == "install" else _data(pair, NEXT)
    elif step.kind == "serve" and found.next:
        data = _data(found.next, CURRENT) | nothing
    elif step.kind == "date" and found.current:
        data = _data(_respaced(found.current), CURRENT)
    elif step.kind == "forget":
        data = nothing
    version = secret["metadata"]["resourceVersion"]
    return {"metadata": {"resourceVersion": version, "annotations": said}, "data": data}


def owner_patch(secret: JsonObject, service: JsonObject) -> JsonObject:
    """The JSON merge patch by which the Secret goes with that Service, and with no other."""
    version = secret["metadata"]["resourceVersion"]
    return {"metadata": {"resourceVersion": version, "ownerReferences": [_reference(service)]}}


def webhook_patch(webhook: JsonObject, step: Step, now: str) -> JsonObject:
    """The strategic merge patch of the stored configuration: the caBundle of every entry."""
    bundle = base64.b64encode(bundle_bytes(step.bundle)).decode()
    version = webhook["metadata"]["resourceVersion"]
    return {
        "metadata": {"resourceVersion": version, "annotations": {WRITTEN: now}},
        "webhooks": [
            {"name": entry["name"], "clientConfig": {"caBundle": bundle}}
            for entry in entries(webhook)
        ],
    }


def following_patch(beside: JsonObject, webhook: JsonObject) -> JsonObject:
    """The patch that gives the configuration of workloads the caBundle that the pods' has."""
    bundle = entries(webhook)[0]["clientConfig"].get("caBundle")
    return {
        "metadata": {"resourceVersion": beside["metadata"]["resourceVersion"]},
        "webhooks": [
            {"name": entry["name"], "clientConfig": {"caBundle": bundle}}
            for entry in entries(beside)
        ],
    }


def _reference(service: JsonObject) -> JsonObject:
    kind = {"apiVersion": "v1", "kind": "Service"}
    return kind | {field: service["metadata"][field] for field in ("name", "uid")}


def _respaced(pair: Pair) -> Pair:
    """The same in other bytes: the API server dates only what changes."""
    return Pair(*map(_with_another_end, (pair.ca, pair.certificate, pair.key)))


def _with_another_end(pem: bytes) -> bytes:
    return pem[:-1] if pem.endswith(b"\n\n") else pem + b"\n"


def _data(pair: Pair, names: Iterable[str]) -> dict[str, str]:
    parts = (pair.ca, pair.certificate, pair.key)
    return {name: base64.b64encode(part).decode() for name, part in zip(names, parts, strict=True)}
