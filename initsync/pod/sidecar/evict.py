"""The pod's own eviction: its controller makes another, which starts with the new value (D40).

A PodDisruptionBudget that is used up answers 429. Then it is asked again, for as long as it takes.
https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
"""

from initsync.pod.once import Reported
from initsync.pod.sidecar.step import Step
from initsync.words.errors import ClusterError, ClusterForbidden, ClusterUnavailable

_FIRST, _LONGEST = 3.0, 30.0  # seconds between two questions, which grow by half each time
_REFUSED = 600.0  # seconds: somebody has to give the right first


def ask(place: Reported, tries: int, uniform: float) -> Step:
    """Ask once; `tries` before, `uniform` in [0, 1)."""
    try:
        if place.cluster.evict(place.pod):
            return Step("evicted", "the pod was evicted, so that another starts with it", True)
    except ClusterForbidden as error:
        return Step("forbidden", str(error), pause=_REFUSED)
    except ClusterUnavailable as error:
        outcome = "budget" if "disruption budget" in error.detail else "unavailable"
        return Step(outcome, str(error), pause=_pause(error.retry_after, tries, uniform))
    except ClusterError as error:
        return Step("refused", str(error), pause=_REFUSED)
    return Step("gone", "the pod was deleted meanwhile", True)


def _pause(wished: float | None, tries: int, uniform: float) -> float:
    """Never less than the API server wishes; jittered, so that replicas do not ask together."""
    own = min(_LONGEST, _FIRST * 1.5 ** min(tries, 10))
    return max(own * (0.5 + uniform), (wished or 0) * (1 + 0.5 * uniform))
