"""The injector's serving certificate, as an API server would judge it. Pure; needs `cryptography`.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#contacting-the-webhook
"""

import base64
import datetime
from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from initsync.doctor.installation import ServiceRef
from initsync.doctor.result import Result, Stored, Unread, failed, ok, warning
from initsync.words.times import span

_FILE = "tls.crt"
_LATE = 4
"""Renewed at two thirds of its life, it never has less left than this part of it."""

Certificates = list[x509.Certificate]


def check(
    secret: Stored,
    bundles: Sequence[str],
    to: ServiceRef,
    now: datetime.datetime,
) -> Result:
    """`bundles` are the caBundles of the entries, base64; `to` is the Service that they name."""
    if isinstance(secret, Unread):
        return secret.result("certificate")
    if secret is None:
        return failed("certificate", "the Secret of the injector's certificate is not there", _MAKE)
    name = f"Secret {secret['metadata']['namespace']}/{secret['metadata']['name']}"
    try:
        chain = _loaded((secret.get("data") or {}).get(_FILE, ""))
        trusted = [_loaded(bundle) for bundle in bundles]
    except ValueError:
        said = f"{_FILE} of {name}, or a caBundle, holds no certificate in PEM"
        return failed("certificate", said, _MAKE)
    if said := next(_problems(chain, trusted, to, now), ""):
        return failed("certificate", f"that in {name} {said}", _MAKE)
    leaf = chain[0]
    left = leaf.not_valid_after_utc - now
    said = f"that in {name} is valid for {span(left.total_seconds())}"
    if left * _LATE < leaf.not_valid_after_utc - leaf.not_valid_before_utc:
        return warning("certificate", said, f"its renewal is late: {_MAKE}")
    return ok("certificate", said)


_MAKE = "renew it by what made it: jasm-injector certs, its job, or cert-manager"


def _problems(
    chain: Certificates, trusted: list[Certificates], to: ServiceRef, now: datetime.datetime
) -> Iterator[str]:
    leaf = chain[0]
    if leaf.not_valid_after_utc <= now:
        yield f"ended at {leaf.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
    if leaf.not_valid_before_utc > now:
        yield f"is not valid before {leaf.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}"
    host = f"{to.name}.{to.namespace}.svc"
    if host not in _hosts(leaf):
        yield f"is not for {host}"
    if not all(_signed(leaf, chain[1:], bundle, now) for bundle in trusted):
        yield "is signed by no valid CA of the webhook's caBundle"


def _hosts(leaf: x509.Certificate) -> list[str]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return names.value.get_values_for_type(x509.DNSName)


def _signed(
    leaf: x509.Certificate, between: Certificates, bundle: Certificates, now: datetime.datetime
) -> bool:
    """Whether `leaf` is in the bundle, or signed by one of it, maybe by those in `between`."""
    if leaf in bundle:
        return True
    valid = [one for one in bundle if one.not_valid_after_utc > now]
    if any(_issued(leaf, one) for one in valid):
        return True
    return any(
        _issued(leaf, one) and _signed(one, [*between[:at], *between[at + 1 :]], bundle, now)
        for at, one in enumerate(between)
    )


def _issued(leaf: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):  # another issuer, a key of another kind
        return False
    return True


def _loaded(encoded: str) -> Certificates:
    """Raises ValueError where there is none."""
    return x509.load_pem_x509_certificates(base64.b64decode(encoded))
