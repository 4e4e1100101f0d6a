"""The Secret and the webhook configuration as they are stored: read into a State, and the patches.

An object that is not this installation's is refused, and so never written. Pure.
"""

import base64
import datetime
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from initsync import keys
from initsync.errors import ForeignObject
from initsync.model import JsonObject
from injector.certs import CA
from injector.pair import Pair, authorities
from injector.rotation import State, Step
from injector.tls import CERTIFICATE, KEY

MANAGER = "jasm-certs"
"""The field manager of what the job writes, and the managed-by label of its Secret."""
RENEW = keys.PREFIX + "renew"
"""On the Secret, by a person: each new value asks for one renewal."""
_RENEWED = keys.PREFIX + "renewed"
_WRITTEN = keys.PREFIX + "certificates-at"
"""For people, and so that each write is a change which the API server dates."""
_CURRENT = (CA, CERTIFICATE, KEY)
_NEXT = ("next-ca.crt", "next.crt", "next.key")
_CERT_MANAGER = "cert-manager.io/"
_TYPE = "kubernetes.io/tls"
# The version of no stored object: the API server takes it only while there is none (design D4).
_MISSING = "1"


class Names(NamedTuple):
    """Of one installation."""

    namespace: str
    secret: str
    service: str
    webhook: str
    hosts: tuple[str, ...]
    """What API servers call the injector by."""

    @property
    def secret_title(self) -> str:
        """For messages, as the others."""
        return f"Secret {self.namespace}/{self.secret}"

    @property
    def service_title(self) -> str:
        """That the certificate is for."""
        return f"Service {self.namespace}/{self.service}"

    @property
    def webhook_title(self) -> str:
        """Whose caBundle is written."""
        return f"MutatingWebhookConfiguration {self.webhook}"


def state(webhook: JsonObject, secret: JsonObject | None, names: Names) -> State:
    """What the two objects say. Raises ForeignObject."""
    _own_webhook(webhook, names)
    bundles = [_bytes(entry["clientConfig"].get("caBundle")) for entry in _entries(webhook)]
    trusted = tuple(tuple(authorities(bundle)) for bundle in bundles)
    muddled = any(
        bundle != _text(found) for bundle, found in zip(bundles, trusted, strict=True) if bundle
    )
    since = _written(webhook)
    if secret is None:
        return State(trusted, since, None, None, since, muddled=muddled)
    _own_secret(secret, names)
    said = _annotations(secret)
    pairs = _pair(secret, _CURRENT), _pair(secret, _NEXT)
    asked, answered = said.get(RENEW, ""), said.get(_RENEWED, "")
    return State(trusted, since, *pairs, _written(secret), asked, answered, muddled)


def new_secret(pair: Pair, step: Step, names: Names, owner: JsonObject, now: str) -> JsonObject:
    """The Secret to apply where there is none. It goes with its owner, the Service.

    While replicas may serve from memory, `pair` is only the next one, and nothing is served yet.
    """
    data = dict.fromkeys(_CURRENT, "") if step.kind == "issue" else {}
    service = {"apiVersion": "v1", "kind": "Service"}
    reference = service | {field: owner["metadata"][field] for field in ("name", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": names.secret,
            "namespace": names.namespace,
            "resourceVersion": _MISSING,
            "labels": {keys.MANAGED_BY: MANAGER, "app.kubernetes.io/name": "jasm"},
            "annotations": {_WRITTEN: now},
            "ownerReferences": [reference],
        },
        "type": _TYPE,
        "data": data | _data(pair, _NEXT if step.kind == "issue" else _CURRENT),
    }


def secret_patch(secret: JsonObject, found: State, step: Step, pair: Pair, now: str) -> JsonObject:
    """The JSON merge patch (RFC 7386) of the stored Secret; `pair` is a new one."""
    nothing: dict[str, Any] = dict.fromkeys(_NEXT)
    said = {_WRITTEN: now}
    data: dict[str, Any] = {}
    if step.kind in ("install", "issue"):
        said[_RENEWED] = found.asked
        data = _data(pair, _CURRENT) | nothing if step.kind == "install" else _data(pair, _NEXT)
    elif step.kind == "serve" and found.next:
        data = _data(found.next, _CURRENT) | nothing
    elif step.kind == "forget":
        data = nothing
    version = secret["metadata"]["resourceVersion"]
    return {"metadata": {"resourceVersion": version, "annotations": said}, "data": data}


def webhook_patch(webhook: JsonObject, step: Step, now: str) -> JsonObject:
    """The strategic merge patch of the stored configuration: the caBundle of every entry."""
    bundle = base64.b64encode(_text(step.bundle)).decode()
    version = webhook["metadata"]["resourceVersion"]
    return {
        "metadata": {"resourceVersion": version, "annotations": {_WRITTEN: now}},
        "webhooks": [
            {"name": entry["name"], "clientConfig": {"caBundle": bundle}}
            for entry in _entries(webhook)
        ],
    }


def _own_webhook(webhook: JsonObject, names: Names) -> None:
    found = names.webhook_title
    if by := _cert_manager(webhook):
        raise ForeignObject(found, f"has its CA from cert-manager (annotation {by})", _NOT_BOTH)
    if (webhook["metadata"].get("labels") or {}).get("app.kubernetes.io/name") != "jasm":
        advice = "name JASM's own by --webhook, or give it that label"
        raise ForeignObject(found, "has no label app.kubernetes.io/name: jasm", advice)
    called = {_host(entry["clientConfig"]) for entry in _entries(webhook)}
    if others := sorted(called - set(names.hosts)):
        advice = "name that of this installation by --webhook, or its names by --dns and --ip"
        raise ForeignObject(found, f"calls {', '.join(others)}", advice)


def _own_secret(secret: JsonObject, names: Names) -> None:
    found = names.secret_title
    if by := _cert_manager(secret):
        raise ForeignObject(found, f"is cert-manager's (annotation {by})", _NOT_BOTH)
    owner = (secret["metadata"].get("labels") or {}).get(keys.MANAGED_BY)
    if owner != MANAGER:
        whose = f"belongs to {owner!r}" if owner else f"has no label {keys.MANAGED_BY}"
        advice = (
            f"label it {keys.MANAGED_BY}={MANAGER} to hand it over, or name another by --secret"
        )
        raise ForeignObject(found, whose, advice)
    for reference in secret["metadata"].get("ownerReferences") or []:
        if (reference["kind"], reference["name"]) != ("Service", names.service):
            whose = f"belongs to {reference['kind']} {reference['name']}"
            raise ForeignObject(found, whose, "name another by --secret")
    if secret.get("type") != _TYPE or secret.get("immutable"):
        kind = "is immutable" if secret.get("immutable") else f"is of type {secret.get('type')}"
        raise ForeignObject(found, kind, "delete it, or name another by --secret")


_NOT_BOTH = "choose one of the two: in the chart certificates.mode is job or certManager"


def _cert_manager(stored: JsonObject) -> str:
    """Its first annotation of cert-manager's, if it has one."""
    return next((name for name in _annotations(stored) if name.startswith(_CERT_MANAGER)), "")


def _host(client: JsonObject) -> str:
    """What API servers verify the certificate's names against."""
    if service := client.get("service"):
        return f"{service['name']}.{service['namespace']}.svc"
    return urlsplit(client.get("url", "")).hostname or ""


def _entries(webhook: JsonObject) -> list[JsonObject]:
    return list(webhook.get("webhooks") or [])


def _annotations(stored: JsonObject) -> dict[str, str]:
    return stored["metadata"].get("annotations") or {}


def _written(stored: JsonObject) -> datetime.datetime:
    """When the job last wrote it, as the API server noted it; else when anybody did.

    Not by an annotation: a run may be held up between choosing the time and writing it.
    """
    entries = stored["metadata"].get("managedFields") or []
    times = {
        (entry.get("manager"), entry.get("operation")): entry["time"]
        for entry in entries
        if "time" in entry
    }
    patched, applied = times.get((MANAGER, "Update")), times.get((MANAGER, "Apply"))
    last = patched or applied  # it is applied once, at its creation
    last = last or max(times.values(), default=stored["metadata"]["creationTimestamp"])
    return datetime.datetime.fromisoformat(last)


def _pair(secret: JsonObject, names: Sequence[str]) -> Pair | None:
    data = secret.get("data") or {}
    found = [_bytes(data.get(name)) for name in names]
    return Pair(*found) if any(found) else None


def _data(pair: Pair, names: Iterable[str]) -> dict[str, str]:
    parts = (pair.ca, pair.certificate, pair.key)
    return {name: base64.b64encode(part).decode() for name, part in zip(names, parts, strict=True)}


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _text(bundle: Sequence[str]) -> bytes:
    return "".join(bundle).encode()
