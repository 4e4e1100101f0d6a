"""The webhook without its wires: a request in, one precise answer out."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from initsync.injection.settings import InjectionSettings
from injector.webhook import authors, review
from injector.webhook.answer import JSON, Answer
from injector.webhook.head import Head
from injector.webhook.logs import Log
from injector.webhook.metrics import CONTENT_TYPE, Metrics
from injector.webhook.plan import Plan, Plans
from injector.webhook.review import BadReview, Review


class App:
    """`/mutate`, `/warn`, `/healthz`, `/readyz` and `/metrics`.

    `unready` says why API servers should not be sent here; empty where they should.
    """

    def __init__(
        self, settings: InjectionSettings, unready: Callable[[], str], log: Log, metrics: Metrics
    ) -> None:
        self._settings = settings
        self._plans = Plans(settings)
        self._unready = unready
        self.log = log
        self.metrics = metrics
        self.draining = False
        """Once true, every answer asks for the connection's end, and none is lost."""

    def answer(self, head: Head, body: bytes | bytearray) -> Answer:
        """The answer to any request, whatever it asks for."""
        try:
            return self._answer(head, body)
        except BadReview as error:
            return self.refused(error)
        except Exception as error:  # ours: the client gets an answer, the log its kind
            self.metrics.refused(500)
            self.log.line("error", "bug", bug=type(error).__name__)
            return Answer(500, b"jasm-injector failed: this is a bug in JASM, please report it")

    def refused(self, error: BadReview) -> Answer:
        """The answer to a request that is no review."""
        self.metrics.refused(error.status)
        self.log.line("warning", "request refused", status=error.status, reason=str(error))
        return Answer(error.status, str(error).encode(), retry=error.status == 503)

    def _answer(self, head: Head, body: bytes | bytearray) -> Answer:
        if head.path in ("/mutate", "/warn"):
            if head.method != b"POST":
                return Answer(405, f"{head.path} takes POST".encode())
            if head.kind.partition(";")[0].strip().lower() != JSON:
                raise BadReview(415, "the content type must be application/json")
            if head.path == "/warn":
                return Answer(200, self._warned(review.decode(body, authors.KINDS)), JSON)
            return Answer(200, self._reviewed(review.decode(body)), JSON)
        if head.path == "/healthz":
            return Answer(200, b"ok")
        if head.path == "/readyz":
            problem = "it is being ended" if self.draining else self._unready()
            return Answer(503, problem.encode()) if problem else Answer(200, b"ok")
        if head.path == "/metrics":
            return Answer(200, self.metrics.page(), CONTENT_TYPE)
        return Answer(404, b"there are /mutate, /warn, /healthz, /readyz and /metrics")

    def _reviewed(self, asked: Review) -> bytes:
        start = time.perf_counter()
        try:
            done = self._plans.of(asked.pod, asked.size)
        except Exception as error:  # ours: the API server gets an answer, the log its kind
            self._tell("error", asked, "bug", start, bug=type(error).__name__)
            problem = "jasm-injector failed on this pod: this is a bug in JASM, please report it"
            return review.errored(asked.uid, 500, problem)
        return self._decided(asked, done, start)

    def _warned(self, asked: Review) -> bytes:
        """A workload is spoken to, and never changed or refused."""
        start = time.perf_counter()
        try:
            said = list(authors.warnings(asked.pod, asked.size, self._plans))
        except Exception as error:  # ours: nobody's apply may fail by it
            self._tell("error", asked, "bug", start, bug=type(error).__name__)
            return review.allowed(asked.uid)
        self._tell("info", asked, "workload warned of" if said else "workload", start)
        return review.allowed(asked.uid, said)

    def _decided(self, asked: Review, done: Plan, start: float) -> bytes:
        if refused := done.refused or (self._settings.deny_invalid and done.invalid):
            self._tell("info", asked, "denied", start)
            return review.errored(asked.uid, 422, refused)
        self._tell("info", asked, done.skipped or "injected", start)
        if not done.patch:
            return review.allowed(asked.uid, done.warnings)
        return review.patched(asked.uid, done.patch, done.warnings)

    def _tell(self, level: str, asked: Review, outcome: str, start: float, **more: str) -> None:
        seconds = time.perf_counter() - start
        self.metrics.reviewed(outcome, seconds)
        self.log.line(
            level,
            outcome,
            uid=asked.uid,
            namespace=asked.namespace,
            owner=_owner(asked.pod),
            milliseconds=round(seconds * 1000, 3),
            **more,
        )


def _owner(pod: Mapping[str, Any]) -> str:
    """What a pod belongs to, such as `ReplicaSet/web-5d`; what belongs to nothing by its name."""
    metadata = pod["metadata"]
    owners = metadata.get("ownerReferences")
    if isinstance(owners, list) and owners and isinstance(owners[0], dict):
        named = owners[0].get("kind"), owners[0].get("name")
    else:
        named = pod.get("kind", "Pod"), metadata.get("name") or metadata.get("generateName")
    return "/".join(one if isinstance(one, str) else "?" for one in named)
