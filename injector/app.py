"""The webhook as an ASGI application: bytes in, one precise answer out."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from injector import review
from injector.logs import Log
from injector.patch import inject
from injector.review import BadReview, Review
from injector.settings import Settings

BODY_LIMIT = 7 * 1024 * 1024
"""Bytes; an API server takes objects of 3 MiB, controller-runtime's webhooks 7 MiB."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_JSON = b"application/json"


class App:
    """`/mutate`, `/healthz` and `/readyz`. `ready` is asked for the last."""

    def __init__(self, settings: Settings, ready: Callable[[], bool], log: Log) -> None:
        self._settings = settings
        self._ready = ready
        self._log = log
        self.draining = False
        """Once true, every answer asks for the connection's end, and none is lost."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            status, body = await self._answer(scope, receive)
        except BadReview as error:
            status, body = error.status, str(error).encode()
            self._log.line("warning", "request refused", status=status, reason=str(error))
        kind = _JSON if body.startswith(b"{") else b"text/plain; charset=utf-8"
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        if self.draining or status == 413:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: dict[str, Any], receive: Receive) -> tuple[int, bytes]:
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            return 200, b"ok"
        if path == "/readyz":
            ready = self._ready() and not self.draining
            return (200, b"ok") if ready else (503, b"draining, or the certificate has expired")
        if path != "/mutate":
            return 404, b"there are /mutate, /healthz and /readyz"
        if method != "POST":
            return 405, b"/mutate takes POST"
        headers = dict(scope["headers"])
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != _JSON:
            return 415, b"the content type must be application/json"
        return 200, self._reviewed(review.decode(await _body(headers, receive)))

    def _reviewed(self, asked: Review) -> bytes:
        start = time.perf_counter()
        try:
            done = inject(asked.pod, asked.namespace, self._settings)
        except Exception as error:  # ours: the API server gets an answer, the log its kind
            self._tell("error", asked, f"bug: {type(error).__name__}", start)
            problem = "jasm-injector failed on this pod: this is a bug in JASM, please report it"
            return review.errored(asked.uid, 500, problem)
        self._tell("info", asked, done.skipped or "injected", start)
        if not done.operations:
            return review.allowed(asked.uid, done.warnings)
        return review.patched(asked.uid, done.operations, done.warnings)

    def _tell(self, level: str, asked: Review, outcome: str, start: float) -> None:
        took = round((time.perf_counter() - start) * 1000, 3)
        self._log.line(
            level,
            outcome,
            uid=asked.uid,
            namespace=asked.namespace,
            owner=_owner(asked.pod),
            milliseconds=took,
        )


async def _body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    if int(headers.get(b"content-length", b"0")) > BODY_LIMIT:
        raise BadReview(413, f"the body is larger than {BODY_LIMIT} bytes")
    body = bytearray()
    while True:
        event = await receive()
        body += event.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise BadReview(413, f"the body is larger than {BODY_LIMIT} bytes")
        if not event.get("more_body"):
            return bytes(body)


def _owner(pod: Mapping[str, Any]) -> str:
    """What the pod belongs to, such as `ReplicaSet/web-5d`; a pod of its own by its name."""
    metadata = pod["metadata"]
    for owner in metadata.get("ownerReferences") or []:
        return f"{owner.get('kind')}/{owner.get('name')}"
    return f"Pod/{metadata.get('name') or metadata.get('generateName')}"
