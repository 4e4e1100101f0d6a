"""Ask the injector as its registration has API servers ask it: trusted, in time, with a patch."""

import base64
import json
import ssl
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from initsync.kube import access
from initsync.kube.api import JSON
from initsync.kube.reads import WEBHOOKS, Reads
from initsync.network.transport import Connection, Network, TransportError
from initsync.words import keys
from initsync.words.errors import ClusterError, InvalidSetup
from injector.certs.pair import authorities

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


def registered(registration: str, env: Mapping[str, str], account: str) -> list[Entry]:
    """The entries of that MutatingWebhookConfiguration, read as the pod's own ServiceAccount.

    `account` is the directory of its files. Raises ProbeFailed.
    """
    network = _network()
    with closing(network):
        try:
            api = access.in_cluster(env, account).api(network)
            found = Reads(api, network.left).get(WEBHOOKS, "", registration)
        except InvalidSetup as error:
            problem = f"no pod's ServiceAccount is here ({error})"
            raise ProbeFailed(f"{problem}: run it as `helm test` does") from None
        except ClusterError as error:
            raise ProbeFailed(str(error)) from None
    if found is None:
        problem = f"there is no {WEBHOOKS.title} {registration}"
        raise ProbeFailed(f"{problem}: name it by --registration")
    return [_entry(webhook) for webhook in found["webhooks"]]


def ask(entry: Entry, address: str) -> None:
    """Have a pod reviewed that asks for a secret. Raises ProbeFailed.

    `address`: of the Service; where empty the cluster's DNS is asked.
    """
    where = f"the injector at {address or entry.host}:{entry.port}"
    uid = str(uuid.uuid4())
    try:
        status, text = _answer(entry, address, json.dumps(_review(uid)).encode())
    except TransportError as error:
        raise ProbeFailed(_unanswered(where, error)) from error
    if status != 200 or not _injects(text, uid):
        raise ProbeFailed(f"{where} did not inject a pod: status {status}, {text[:_SHOWN]}")


def _unanswered(where: str, error: TransportError) -> str:
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        advice = "set the webhook configuration's caBundle to the CA of the certificate's Secret"
        return f"API servers do not trust {where} ({error}): {advice}"
    advice = "look at its pods, at network policies, and at the Service's endpoints"
    return f"{where} does not answer ({error}): {advice}"


def _answer(entry: Entry, address: str, body: bytes) -> tuple[int, str]:
    """The answer of `address`, verified by the entry's host, as API servers do it."""
    try:
        context = _trusting(entry.bundle)
    except ValueError as error:
        problem = f"{entry.name} has no caBundle that can be used ({error})"
        raise ProbeFailed(f"{problem}: API servers do not trust the injector") from None
    host = address or entry.host
    url = f"https://{f'[{host}]' if ':' in host else host}:{entry.port}"
    network = _network()
    with closing(network):
        way = Connection(url, lambda: context, network, entry.timeout, server_name=entry.host)
        answer = way.request("POST", entry.path, {"content-type": JSON}, body)
    return answer.status, answer.body.decode(errors="replace")


def _network() -> Network:
    """The network of one request, without a proxy."""
    end = time.monotonic() + _TIMEOUT
    return Network({}, lambda: end - time.monotonic(), lambda _: None)


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
