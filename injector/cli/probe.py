"""Ask the injector as its registration has API servers ask it: trusted, in time, with a patch."""

import base64
import json
import socket
import ssl
import uuid
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple

from initsync.words import keys
from injector.certs.pair import authorities

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_GROUP = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
_ANNOTATION = "provider: aws-secretsmanager\npath: /jasm/check\nsecretName: jasm-check\n"
_TIMEOUT = 10.0
_SHOWN = 300  # characters of an answer


class ProbeFailed(Exception):
    """API servers would not get their pod injected; the text says why, and what to do."""


class Entry(NamedTuple):
    """A webhook of the registration; `timeout` in seconds."""

    name: str
    bundle: bytes
    """Its caBundle: PEM, and whatever else stands between."""
    host: str
    port: int
    path: str
    timeout: float


def registered(registration: str, env: Mapping[str, str], account: Path) -> list[Entry]:
    """The entries of that MutatingWebhookConfiguration, read as the pod's own ServiceAccount.

    Raises ProbeFailed.
    """
    try:
        token = (account / "token").read_text(encoding="ascii")
        host, port = env["KUBERNETES_SERVICE_HOST"], int(env["KUBERNETES_SERVICE_PORT"])
        trusted = _trusting((account / "ca.crt").read_bytes())
    except (OSError, KeyError, ValueError) as error:
        problem = f"no pod's ServiceAccount is here ({error})"
        raise ProbeFailed(f"{problem}: run it as `helm test` does") from None
    connection = HTTPSConnection(host, port, timeout=_TIMEOUT, context=trusted)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    try:
        status, text = _answer(connection, "GET", f"{_GROUP}/{registration}", headers=headers)
    except (OSError, HTTPException) as error:
        raise ProbeFailed(f"the API server does not answer at {host}:{port} ({error})") from error
    if status != 200:
        raise ProbeFailed(f"cannot read mutatingwebhookconfigurations/{registration}: {text}")
    return [_entry(webhook) for webhook in json.loads(text)["webhooks"]]


def ask(entry: Entry, address: str) -> None:
    """Have a pod reviewed that asks for a secret. Raises ProbeFailed.

    `address`: of the Service; where empty the cluster's DNS is asked.
    """
    where = f"the injector at {address or entry.host}:{entry.port}"
    uid = str(uuid.uuid4())
    try:
        connection = _Verified(entry, address)
        status, text = _answer(connection, "POST", entry.path, json.dumps(_review(uid)))
    except ssl.SSLCertVerificationError as error:
        advice = "set the webhook configuration's caBundle to the CA of the certificate's Secret"
        sentence = f"API servers do not trust {where} ({error.verify_message}): {advice}"
        raise ProbeFailed(sentence) from error
    except (OSError, HTTPException) as error:
        advice = "look at its pods, at network policies, and at the Service's endpoints"
        raise ProbeFailed(f"{where} does not answer ({error}): {advice}") from error
    if status != 200 or not _injects(text, uid):
        raise ProbeFailed(f"{where} did not inject a pod: status {status}, {text[:_SHOWN]}")


class _Verified(HTTPSConnection):
    """To `address`, verified by the entry's host, as API servers do it."""

    def __init__(self, entry: Entry, address: str) -> None:
        try:
            self._address, self._tls = address, _trusting(entry.bundle)
        except ValueError as error:
            problem = f"{entry.name} has no caBundle that can be used ({error})"
            raise ProbeFailed(f"{problem}: API servers do not trust the injector") from None
        super().__init__(entry.host, entry.port, timeout=entry.timeout)

    def connect(self) -> None:
        address = (self._address or self.host, self.port)
        plain = socket.create_connection(address, self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def _trusting(bundle: bytes) -> ssl.SSLContext:
    """A client's context that takes what Go's takes. Raises ValueError where it is nothing.

    Python 3.13 wants all of RFC 5280 of a CA; API servers want little more than its signature.
    """
    if not (found := authorities(bundle)):
        raise ValueError("no certificate in PEM")
    context = ssl.create_default_context(cadata="".join(found))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.hostname_checks_common_name = False
    return context


def _answer(
    connection: HTTPSConnection,
    method: str,
    path: str,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    try:
        given = dict(headers or {}) | ({"Content-Type": "application/json"} if body else {})
        connection.request(method, path, body, given)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def _entry(webhook: Mapping[str, Any]) -> Entry:
    client = webhook["clientConfig"]
    bundle = base64.b64decode(client.get("caBundle", ""))
    service = client.get("service")
    if not service:
        raise ProbeFailed(f"{webhook['name']} is called by URL: ask it from where API servers are")
    host = f"{service['name']}.{service['namespace']}.svc"
    port, path = service.get("port", 443), service.get("path", "/")
    return Entry(webhook["name"], bundle, host, port, path, float(webhook["timeoutSeconds"]))


def _review(uid: str) -> dict[str, Any]:
    metadata = {"name": "jasm-check", "annotations": {keys.ANNOTATION: _ANNOTATION}}
    spec = {"containers": [{"name": "app", "image": "app"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    request = {"uid": uid, "namespace": "default", "operation": "CREATE", "object": pod}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def _injects(text: str, uid: str) -> bool:
    try:
        response = json.loads(text)["response"]
        patch = json.loads(base64.b64decode(response["patch"]))
    except (ValueError, KeyError, TypeError):
        return False
    return response["uid"] == uid and response["allowed"] and keys.CONTAINER in set(_names(patch))


def _names(found: Any) -> Iterator[str]:
    """Every `name` in a patch, however its operations are cut."""
    if isinstance(found, dict):
        yield str(found.get("name"))
        found = list(found.values())
    if isinstance(found, list):
        for part in found:
            yield from _names(part)
