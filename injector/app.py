"""The webhook as an ASGI application: bytes in, one precise answer out."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from injector import body, review
from injector.body import Bodies
from injector.logs import Log
from injector.metrics import CONTENT_TYPE, Metrics
from injector.patch import Injection, inject
from injector.review import BadReview, Review
from injector.settings import Settings

Send = Callable[[dict[str, Any]], Awaitable[None]]

_JSON = b"application/json"
_TEXT = b"text/plain; charset=utf-8"


class Answer(NamedTuple):
    """Of one request."""

    status: int
    body: bytes
    kind: bytes = _TEXT


class App:
    """`/mutate`, `/healthz`, `/readyz` and `/metrics`.

    `unready` says why API servers should not be sent here; empty where they should.
    """

    def __init__(
        self, settings: Settings, unready: Callable[[], str], log: Log, metrics: Metrics
    ) -> None:
        self._settings = settings
        self._unready = unready
        self._log = log
        self._metrics = metrics
        self._bodies = Bodies()
        self.draining = False
        """Once true, every answer asks for the connection's end, and none is lost."""

    async def __call__(self, scope: dict[str, Any], receive: body.Receive, send: Send) -> None:
        """Serve one request."""
        headers = []
        with self._metrics.in_flight():
            try:
                answer = await self._answer(scope, receive)
            except BadReview as error:
                answer = Answer(error.status, str(error).encode())
                self._metrics.refused(error.status)
                self._log.line("warning", "request refused", status=error.status, reason=str(error))
                if error.status == 503:
                    headers.append((b"retry-after", b"1"))  # API servers come back (notes F13)
        headers.append((b"content-type", answer.kind))
        headers.append((b"content-length", str(len(answer.body)).encode()))
        if self.draining or answer.status in (408, 413, 503):
            headers.append((b"connection", b"close"))
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: dict[str, Any], receive: body.Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        if path == "/mutate":
            if method != "POST":
                return Answer(405, b"/mutate takes POST")
            headers = dict(scope["headers"])
            if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != _JSON:
                raise BadReview(415, "the content type must be application/json")
            asked = review.decode(await self._bodies.read(headers, receive))
            return Answer(200, self._reviewed(asked), _JSON)
        if path == "/healthz":
            return Answer(200, b"ok")
        if path == "/readyz":
            problem = "it is being ended" if self.draining else self._unready()
            return Answer(503, problem.encode()) if problem else Answer(200, b"ok")
        if path == "/metrics":
            return Answer(200, self._metrics.page(), CONTENT_TYPE)
        return Answer(404, b"there are /mutate, /healthz, /readyz and /metrics")

    def _reviewed(self, asked: Review) -> bytes:
        start = time.perf_counter()
        try:
            done = inject(asked.pod, asked.namespace, self._settings)
        except Exception as error:  # ours: the API server gets an answer, the log its kind
            self._tell("error", asked, "bug", start, bug=type(error).__name__)
            problem = "jasm-injector failed on this pod: this is a bug in JASM, please report it"
            return review.errored(asked.uid, 500, problem)
        return self._decided(asked, done, start)

    def _decided(self, asked: Review, done: Injection, start: float) -> bytes:
        if done.invalid and self._settings.deny_invalid:
            self._tell("info", asked, "denied", start)
            return review.errored(asked.uid, 422, done.invalid)
        self._tell("info", asked, done.skipped or "injected", start)
        if not done.operations:
            return review.allowed(asked.uid, done.warnings)
        return review.patched(asked.uid, done.operations, done.warnings)

    def _tell(self, level: str, asked: Review, outcome: str, start: float, **more: str) -> None:
        seconds = time.perf_counter() - start
        self._metrics.reviewed(outcome, seconds)
        self._log.line(
            level,
            outcome,
            uid=asked.uid,
            namespace=asked.namespace,
            owner=_owner(asked.pod),
            milliseconds=round(seconds * 1000, 3),
            **more,
        )


def _owner(pod: Mapping[str, Any]) -> str:
    """What the pod belongs to, such as `ReplicaSet/web-5d`; a pod of its own by its name."""
    metadata = pod["metadata"]
    owners = metadata.get("ownerReferences")
    if isinstance(owners, list) and owners and isinstance(owners[0], dict):
        return f"{owners[0].get('kind')}/{owners[0].get('name')}"
    return f"Pod/{metadata.get('name') or metadata.get('generateName')}"
