"""The injector as an API server sees it: the shipped registration, and broken stand-ins."""

import base64
import json
import socket
import ssl
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from initsync.testing import manifests
from initsync.testing.closing import Closing
from initsync.testing.pki import Authority
from initsync.testing.server import Answer, ApiServer
from initsync.words import keys
from tests.polling import DEADLINE

SHIPPED = Path(__file__).parent.parent.parent / "deploy/manifests/mutatingwebhookconfiguration.yaml"
ANNOTATION = "provider: aws-secretsmanager\npath: /prod/db\nsecretName: db\n"


def register(api: ApiServer, url: str, ca_pem: str) -> None:
    """As it is shipped, with an address of this machine."""
    api.apply(registration(url, ca_pem))


def registration(url: str, ca_pem: str) -> dict[str, Any]:
    """What `register` applies."""
    shipped: dict[str, Any] = yaml.safe_load(SHIPPED.read_text())
    bundle = base64.b64encode(ca_pem.encode()).decode()
    for webhook in shipped["webhooks"]:
        webhook["clientConfig"] = {"url": url, "caBundle": bundle}
    return shipped


def annotated(namespace: str, **metadata: Any) -> dict[str, Any]:
    """A pod that asks for a secret, under a name of its own."""
    pod = manifests.pod(namespace, f"p-{uuid.uuid4().hex[:8]}", {keys.ANNOTATION: ANNOTATION})
    for field, values in metadata.items():
        pod["metadata"][field] = pod["metadata"].get(field, {}) | values
    return pod


def create(api: ApiServer, pod: dict[str, Any], *, dry_run: bool = True) -> Answer:
    """The API server's answer to its creation."""
    query = "?dryRun=All" if dry_run else ""
    return api.request("POST", manifests.collection(pod) + query, pod)


def is_injected(answer: Answer) -> bool:
    """Whether the pod in a good answer went by the injector."""
    return keys.INJECTED in (answer.body["metadata"].get("annotations") or {})


class Broken(Closing):
    """An HTTPS server that gives each client to `handle`. Leaving the `with` block ends it."""

    def __init__(
        self,
        directory: Path,
        handle: Callable[[ssl.SSLSocket], None],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.authority = Authority(directory)
        self._handle = handle
        self._context = context or self._trusted()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/mutate"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._ended.set()
        self._listener.close()

    def wait(self) -> None:
        """Hang until the end."""
        self._ended.wait(DEADLINE)

    def _trusted(self) -> ssl.SSLContext:
        pair = self.authority.serving("broken")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pair.certificate, pair.key)
        return context

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client: socket.socket) -> None:
        try:
            with self._context.wrap_socket(client, server_side=True) as secure:
                self._handle(secure)
        except OSError:
            client.close()  # an API server that does not trust us, or has given up


def answering(
    status: str, body: bytes, kind: str = "application/json"
) -> Callable[[ssl.SSLSocket], None]:
    """Whatever is asked, this is the answer."""

    def handle(client: ssl.SSLSocket) -> None:
        received(client)
        answer(client, status, body, kind)

    return handle


def received(client: ssl.SSLSocket) -> bytes:
    """The whole body of a request: what is left unread resets the connection at its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(client)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += _some(client)
    return body


def _some(client: ssl.SSLSocket) -> bytes:
    data = client.recv(65_536)
    if not data:
        raise ConnectionError("the client has given up")
    return data


def answer(client: ssl.SSLSocket, status: str, body: bytes, kind: str = "application/json") -> None:
    """Send it, and say that the connection ends."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n"
    client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def review(uid: str, **response: Any) -> bytes:
    """An AdmissionReview in answer to another request than the one that was asked."""
    whole = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
    return json.dumps(whole | {"response": {"uid": uid, "allowed": True} | response}).encode()
