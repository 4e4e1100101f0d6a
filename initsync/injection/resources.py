"""CPU and memory of the injected container: the pod keeps its QoS class, its quota and its cost.

The container copies, for CPU and for memory, the app container that has most of it. A pod's
effective request is the larger of its init containers' and the sum of its apps', so a copy is
free; it fits every LimitRange and names what every ResourceQuota wants named; a Guaranteed pod
stays Guaranteed and a best-effort one best-effort, zeros being as good as nothing (D24,
F6). Only a limit too small to run in at all is raised.

A sidecar's request is added to the apps' instead, so it names what they name, but with small
amounts of its own.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from initsync.annotation import quantity
from initsync.injection import choices
from initsync.injection.settings import Settings

Resources = dict[str, dict[str, str]]


def resources(pod: Mapping[str, Any], settings: Settings) -> Resources:
    """The container's `resources`; empty where the pod says nothing of either."""
    wanted: Resources = {}
    for kind, least in zip(choices.KINDS, (settings.cpu, settings.memory), strict=True):
        chosen = choices.amount(pod, kind)
        found = {"requests": chosen, "limits": chosen} if chosen else _copied(pod, kind, least)
        for part, amount in found.items():
            wanted.setdefault(part, {})[kind] = amount
    return wanted


def sidecar_resources(pod: Mapping[str, Any], settings: Settings) -> Resources:
    """A sidecar's `resources`: it names what the app containers name.

    A limit is the request too: that keeps a Guaranteed pod so, and passes a LimitRange that holds
    the two together (maxLimitRequestRatio). A request alone is what it needs while it waits.
    """
    wanted: Resources = {}
    limits = (settings.sidecar_cpu, settings.sidecar_memory)
    rest = (settings.cpu, settings.memory)
    for kind, limit, least in zip(choices.KINDS, limits, rest, strict=True):
        named = {} if choices.as_a_whole(pod) else _largest(pod, kind)
        if amount := choices.amount(pod, kind) or (limit if "limits" in named else None):
            for part in ("requests", "limits"):
                wanted.setdefault(part, {})[kind] = amount
        elif named:
            wanted.setdefault("requests", {})[kind] = least
    return wanted


def _copied(pod: Mapping[str, Any], kind: str, least: str) -> dict[str, str]:
    if choices.as_a_whole(pod):
        return {}
    largest = _largest(pod, kind)
    equal = largest.get("requests") == largest.get("limits")
    return {
        part: quantity.larger(amount, least) if equal or part == "limits" else amount
        for part, amount in largest.items()
    }


def _largest(pod: Mapping[str, Any], kind: str) -> dict[str, str]:
    owns = [_own(container, kind) for container in pod["spec"].get("containers") or []]
    return max(owns, key=_most, default={})


def _own(container: Mapping[str, Any], kind: str) -> dict[str, str]:
    given = container.get("resources") or {}
    limit = (given.get("limits") or {}).get(kind)
    request = (given.get("requests") or {}).get(kind, limit)  # the API server's own default
    found = {"requests": request, "limits": limit}
    return {part: str(amount) for part, amount in found.items() if quantity.value(amount)}


def _most(own: Mapping[str, str]) -> Decimal:
    return quantity.value(own.get("limits") or own.get("requests")) or Decimal(0)
