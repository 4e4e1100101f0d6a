"""What the injector did, for Prometheus: https://prometheus.io/docs/practices/naming/

Worker processes count in memory that they share, so whichever is asked tells of all. Each has a
row of its own there and a number is written as a whole, so nothing is locked.
"""

import mmap
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
OUTCOMES = (
    *("injected", "denied", "bug", "no annotation", "opted out", "mirror pod", "already there"),
    *("name taken", "windows"),
)
STATUSES = ("400", "408", "413", "415", "422", "431", "500", "503")
# A review takes well under a millisecond; the last one is the webhook's own timeout.
_BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
_BOUNDS = (*map(str, _BUCKETS), "+Inf")
_SECONDS, _IN_FLIGHT = "sum of seconds", "in flight"
_SLOTS = {
    name: slot for slot, name in enumerate((*OUTCOMES, *STATUSES, *_BOUNDS, _SECONDS, _IN_FLIGHT))
}
_BYTES = 8  # of a number


class Metrics(Collector):
    """A registry of its own.

    `validity` gives the certificate's beginning and end in epoch seconds.
    """

    def __init__(self, validity: Callable[[], tuple[float, float]], workers: int = 1) -> None:
        self._validity = validity
        memory = mmap.mmap(-1, workers * len(_SLOTS) * _BYTES)  # of no file: forks share it
        numbers = memoryview(memory).cast("d")
        starts = range(0, len(numbers), len(_SLOTS))
        self._rows = [numbers[start : start + len(_SLOTS)] for start in starts]
        self.use(0)
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def use(self, worker: int) -> None:
        """Count in that worker's row."""
        self._own = self._rows[worker]

    def reviewed(self, outcome: str, seconds: float) -> None:
        """Count one review."""
        own = self._own
        own[_SLOTS[outcome]] += 1
        own[_FIRST_BOUND + bisect_left(_BUCKETS, seconds)] += 1
        own[_SLOTS[_SECONDS]] += seconds

    def refused(self, status: int) -> None:
        """Count one request that got no review: it was none, or met a bug."""
        self._own[_SLOTS[str(status)]] += 1

    def began(self) -> None:
        """Count a request that has no answer yet."""
        self._own[_SLOTS[_IN_FLIGHT]] += 1

    def ended(self) -> None:
        """Count it no longer."""
        self._own[_SLOTS[_IN_FLIGHT]] -= 1

    def page(self) -> bytes:
        """All of it, in Prometheus' text form."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """All workers' together."""
        reviews = "Pods reviewed, by what was done."
        yield self._counter("jasm_injector_reviews", reviews, "outcome", OUTCOMES)
        refused = "Requests that were no review of a pod, or met a bug before, by HTTP status."
        yield self._counter("jasm_injector_requests_refused", refused, "status", STATUSES)
        yield HistogramMetricFamily(
            "jasm_injector_review_seconds",
            "Time from the whole request to the answer.",
            buckets=list(zip(_BOUNDS, accumulate(self._sums(_BOUNDS)), strict=True)),
            sum_value=self._sum(_SECONDS),
        )
        in_flight = "Requests that have begun and have no answer yet."
        yield GaugeMetricFamily(
            "jasm_injector_requests_in_flight", in_flight, self._sum(_IN_FLIGHT)
        )
        begins, ends = self._validity()
        yield GaugeMetricFamily(
            "jasm_injector_certificate_not_before_timestamp_seconds",
            "When the serving certificate begins.",
            begins,
        )
        yield GaugeMetricFamily(
            "jasm_injector_certificate_expiry_timestamp_seconds",
            "When the serving certificate ends.",
            ends,
        )

    def _counter(self, name: str, about: str, label: str, values: Sequence[str]) -> Metric:
        family = CounterMetricFamily(name, about, labels=[label])
        for value, number in zip(values, self._sums(values), strict=True):
            family.add_metric([value], number)
        return family

    def _sums(self, names: Iterable[str]) -> list[float]:
        return [self._sum(name) for name in names]

    def _sum(self, name: str) -> float:
        return sum(row[_SLOTS[name]] for row in self._rows)


_FIRST_BOUND = _SLOTS[_BOUNDS[0]]
