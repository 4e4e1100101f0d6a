"""What the injector did, for Prometheus: https://prometheus.io/docs/practices/naming/"""

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
OUTCOMES = (
    *("injected", "denied", "bug", "no annotation", "opted out", "mirror pod", "already there"),
    *("name taken", "windows", "workload", "workload warned of"),
)
STATUSES = ("400", "408", "411", "413", "415", "417", "422", "431", "500", "503")
# A review takes well under a millisecond; the last one is the webhook's own timeout.
_BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # theirs


class Metrics:
    """A registry of its own.

    `validity` gives the certificate's beginning and end in epoch seconds, `in_flight` the requests
    that have begun and have no answer yet.
    """

    def __init__(
        self, validity: Callable[[], tuple[float, float]], in_flight: Callable[[], int]
    ) -> None:
        self._registry = own = CollectorRegistry()
        reviews = Counter(
            "jasm_injector_reviews",
            "Pods and workloads reviewed, by what was done.",
            ["outcome"],
            registry=own,
        )
        refused = Counter(
            "jasm_injector_requests_refused",
            "Requests that were no review of a pod, or met a bug before, by HTTP status.",
            ["status"],
            registry=own,
        )
        self._reviews = {outcome: reviews.labels(outcome) for outcome in OUTCOMES}
        self._refused = {status: refused.labels(status) for status in STATUSES}
        self._seconds = Histogram(
            "jasm_injector_review_seconds",
            "Time from the whole request to the answer.",
            buckets=_BUCKETS,
            registry=own,
        )
        for name, about, now in (
            ("requests_in_flight", "Requests that have begun and have no answer yet.", in_flight),
            ("certificate_not_before_timestamp_seconds", "When it begins.", lambda: validity()[0]),
            ("certificate_expiry_timestamp_seconds", "When it ends.", lambda: validity()[1]),
        ):
            Gauge(f"jasm_injector_{name}", about, registry=own).set_function(now)

    def reviewed(self, outcome: str, seconds: float) -> None:
        """Count one review, and the seconds that it took."""
        self._reviews[outcome].inc()
        self._seconds.observe(seconds)

    def refused(self, status: int) -> None:
        """Count one request that got no review: it was none, or met a bug."""
        self._refused[str(status)].inc()

    def page(self) -> bytes:
        """All of it, in Prometheus' text form."""
        return generate_latest(self._registry)
