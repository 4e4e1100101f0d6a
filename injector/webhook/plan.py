"""What to do to a pod, found once for all pods of which the same is true.

The cached function is given the facts alone, so what it remembers cannot depend on anything else.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from initsync.injection import bounds
from initsync.injection.patch import inject
from initsync.injection.settings import InjectionSettings
from injector.webhook import facts, review

_KINDS = 512  # of pods: some 4 KB each; no cluster has so many Deployments restart at once
_LARGEST = 4096  # bytes of facts: pods that a stranger makes must not fill the memory


class Plan(NamedTuple):
    """As `patch.Injection`, ready to be sent."""

    patch: str = ""
    """Empty where there is nothing to do."""
    warnings: Sequence[str] = ()
    skipped: str = ""
    invalid: str = ""
    refused: str = ""
    """Why such a pod may not be created."""


class Plans:
    """The plans that one injector makes and remembers."""

    def __init__(self, settings: InjectionSettings) -> None:
        self._settings = settings
        self._remembered = lru_cache(_KINDS)(lambda known: self._made(orjson.loads(known)))

    def of(self, pod: Mapping[str, Any], size: int) -> Plan:
        """The pod's, by a review of `size` bytes."""
        if size > bounds.SMALL:
            return self._made(pod)
        try:
            known = facts.of(pod)
        except (AttributeError, KeyError, TypeError, ValueError):
            return self._made(pod)  # it has not a pod's form
        return self._remembered(known) if len(known) <= _LARGEST else self._made(pod)

    def _made(self, pod: Mapping[str, Any]) -> Plan:
        if problem := bounds.problem(pod):
            return Plan(refused=problem)
        done = inject(pod, "", self._settings)  # no patch depends on the namespace
        if done.refused:
            return Plan(refused=done.refused)
        patch = review.encoded(done.operations) if done.operations else ""
        if problem := bounds.answer_problem(patch):
            return Plan(refused=problem)
        return Plan(patch, done.warnings, done.skipped, done.invalid)
