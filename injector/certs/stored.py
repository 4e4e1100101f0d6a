"""The Secret and the webhook configuration as they are stored, read into a State.

An object that is not this installation's is refused, and so never written. Pure.
"""

import base64
import datetime
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from initsync.words import keys
from initsync.words.errors import ForeignObject
from initsync.words.model import JsonObject
from injector.certs.hosts import canonical
from injector.certs.pair import CA, CERTIFICATE, KEY, Pair, authorities
from injector.certs.rotation import State

MANAGER = "jasm-certs"
"""The field manager of what the job writes, and the managed-by label of its Secret."""
RENEW = keys.PREFIX + "renew"
"""The Secret's annotation by which a person asks for a renewal: one for each new value."""
RENEWED = keys.PREFIX + "renewed"
WRITTEN = keys.PREFIX + "certificates-at"
"""An annotation for people, and so that the API server dates each write."""
CURRENT = (CA, CERTIFICATE, KEY)
NEXT = ("next-ca.crt", "next.crt", "next.key")
_CERT_MANAGER = "cert-manager.io/"
_NAME = "app.kubernetes.io/name"
TYPE = "kubernetes.io/tls"


class Names(NamedTuple):
    """The names of the objects of one installation."""

    namespace: str
    secret: str
    service: str
    webhook: str
    hosts: tuple[str, ...]
    """What API servers call the injector by."""

    @property
    def secret_title(self) -> str:
        """The Secret, as messages name it."""
        return f"Secret {self.namespace}/{self.secret}"

    @property
    def service_title(self) -> str:
        """That the certificate is for."""
        return f"Service {self.namespace}/{self.service}"

    @property
    def webhook_title(self) -> str:
        """The configuration whose caBundle is written, as sentences name it."""
        return f"MutatingWebhookConfiguration {self.webhook}"

    @property
    def beside_title(self) -> str:
        """The configuration of workloads, whose caBundle follows, as messages name it."""
        return f"ValidatingWebhookConfiguration {self.webhook}"


def state(
    webhook: JsonObject, secret: JsonObject | None, service: JsonObject | None, names: Names
) -> State:
    """What the objects say. Raises ForeignObject."""
    _own_webhook(webhook, names)
    bundles = [_bytes(entry["clientConfig"].get("caBundle")) for entry in entries(webhook)]
    trusted = tuple(tuple(authorities(bundle)) for bundle in bundles)
    malformed = any(
        bundle != bundle_bytes(found)
        for bundle, found in zip(bundles, trusted, strict=True)
        if bundle
    )
    since = _written(webhook, _has_bundle)
    if secret is None:
        return State(trusted, since, None, None, since, malformed=malformed)
    _own_secret(secret, names)
    said = _annotations(secret)
    pairs = _pair(secret, CURRENT), _pair(secret, NEXT)
    asked, answered = said.get(RENEW, ""), said.get(RENEWED, "")
    written, owned = _written(secret, _has_data), _is_owned(secret, service)
    return State(trusted, since, *pairs, written, asked, answered, malformed, owned)


def entries(webhook: JsonObject) -> list[JsonObject]:
    """The webhooks of a configuration."""
    return list(webhook.get("webhooks") or [])


def follows(beside: JsonObject | None, webhook: JsonObject) -> bool:
    """Whether nothing is to be written to the configuration of workloads: it has that caBundle,
    or is not JASM's, or there is none."""
    if beside is None or (beside["metadata"].get("labels") or {}).get(_NAME) != "jasm":
        return True
    first, *_ = [*_bundles(webhook), ""]
    return not first or set(_bundles(beside)) <= {first}


def _bundles(webhook: JsonObject) -> list[str]:
    return [entry["clientConfig"].get("caBundle") or "" for entry in entries(webhook)]


def bundle_bytes(authorities: Sequence[str]) -> bytes:
    """The caBundle of these CA certificates."""
    return "".join(authorities).encode()


def _own_webhook(webhook: JsonObject, names: Names) -> None:
    found = names.webhook_title
    if by := _cert_manager(webhook):
        raise ForeignObject(found, f"has its CA from cert-manager (annotation {by})", _NOT_BOTH)
    if (webhook["metadata"].get("labels") or {}).get(_NAME) != "jasm":
        advice = "name JASM's own by --webhook, or give it that label"
        raise ForeignObject(found, "has no label app.kubernetes.io/name: jasm", advice)
    called = {_host(entry["clientConfig"]) for entry in entries(webhook)}
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
    if secret.get("type") != TYPE or secret.get("immutable"):
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
    return canonical(urlsplit(client.get("url", "")).hostname or "")


def _annotations(stored: JsonObject) -> dict[str, str]:
    return stored["metadata"].get("annotations") or {}


def _is_owned(secret: JsonObject, service: JsonObject | None) -> bool:
    """Whether the Secret is the Service's by its uid: one that was made anew has another."""
    owners = [it["uid"] for it in secret["metadata"].get("ownerReferences") or []]
    return service is None or service["metadata"]["uid"] in owners


def _written(stored: JsonObject, holds: Callable[[JsonObject], bool]) -> datetime.datetime:
    """When anybody last wrote what `holds` finds among the fields, as the API server noted it.

    Whoever it was: a person may put another pair in, or an older one back. Not by an annotation:
    a run may be held up between choosing the time and writing it.
    """
    entries = [it for it in stored["metadata"].get("managedFields") or [] if "time" in it]
    writers = [it for it in entries if holds(it.get("fieldsV1") or {})] or entries
    times = [it["time"] for it in writers]
    last = max(times, default=stored["metadata"]["creationTimestamp"])
    return datetime.datetime.fromisoformat(last)


def _has_data(fields: JsonObject) -> bool:
    return not {"f:data", "f:stringData"}.isdisjoint(fields)


def _has_bundle(fields: JsonObject) -> bool:
    entries = (fields.get("f:webhooks") or {}).values()
    return any("f:caBundle" in (entry.get("f:clientConfig") or {}) for entry in entries)


def _pair(secret: JsonObject, names: Sequence[str]) -> Pair | None:
    data = secret.get("data") or {}
    found = [_bytes(data.get(name)) for name in names]
    return Pair(*found) if any(found) else None


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")
