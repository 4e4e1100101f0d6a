"""What the injector did, for Prometheus: https://prometheus.io/docs/practices/naming/"""

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
# A review takes well under a millisecond; the last one is the webhook's own timeout.
_BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)


class Metrics:
    """A registry of its own. `expires` gives the certificate's end in epoch seconds."""

    def __init__(self, expires: Callable[[], float]) -> None:
        self._registry = CollectorRegistry()
        self._reviews = Counter(
            "jasm_injector_reviews",
            "Pods reviewed, by what was done.",
            ["outcome"],
            registry=self._registry,
        )
        self._refused = Counter(
            "jasm_injector_requests_refused",
            "Requests that were no review of a pod, by HTTP status.",
            ["status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "jasm_injector_review_seconds",
            "Time from the whole request to the answer.",
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._in_flight = Gauge(
            "jasm_injector_requests_in_flight",
            "Requests that have begun and have no answer yet.",
            registry=self._registry,
        )
        expiry = Gauge(
            "jasm_injector_certificate_expiry_timestamp_seconds",
            "When the serving certificate ends.",
            registry=self._registry,
        )
        expiry.set_function(expires)

    def reviewed(self, outcome: str, seconds: float) -> None:
        """Count one review."""
        self._reviews.labels(outcome).inc()
        self._seconds.observe(seconds)

    def refused(self, status: int) -> None:
        """Count one request that was none."""
        self._refused.labels(str(status)).inc()

    def began(self) -> None:
        """Count a request that has no answer yet."""
        self._in_flight.inc()

    def ended(self) -> None:
        """Count it no longer."""
        self._in_flight.dec()

    def page(self) -> bytes:
        """All of it, in Prometheus' text form."""
        return generate_latest(self._registry)
