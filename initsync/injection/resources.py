"""CPU and memory of the injected container: the pod keeps its QoS class, its quota and its cost.

The container copies, for CPU and for memory, the app container that has most of it. A pod's
effective request is the larger of its init containers' and the sum of its apps', so a copy is
free; it fits every LimitRange and names what every ResourceQuota wants named; a Guaranteed pod
stays Guaranteed and a best-effort one best-effort, zeros being as good as nothing (D24,
F6). Only a limit too small to run in at all is raised.

A copy outlives what it was copied from: a later webhook, or a resize in place, may make the app's
smaller, and the pod would be counted by the copy for as long as it runs. So there is a most of it,
and its request has the share in its limit that the app's has (maxLimitRequestRatio).

A sidecar's request is added to the apps' instead, so it names what they name, but with small
amounts of its own, and no less than what a LimitRange is seen to ask for.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from initsync.annotation import quantity
from initsync.injection import limitrange
from initsync.injection.choices import KINDS, Choices
from initsync.injection.settings import InjectionSettings

Resources = dict[str, dict[str, str]]
_UNITS = {"cpu": (1000.0, "m"), "memory": (2.0**-20, "Mi")}
"""For each kind how many units are in one, and the unit."""
_NOISE = 1e-6  # of a unit: what floating point may be wrong by


def resources(pod: Mapping[str, Any], chosen: Choices, settings: InjectionSettings) -> Resources:
    """The container's `resources`; empty where the pod says nothing of either."""
    wanted: Resources = {}
    bounds = ((settings.cpu, settings.max_cpu), (settings.memory, settings.max_memory))
    for kind, (least, most) in zip(KINDS, bounds, strict=True):
        if own := chosen.amounts.get(kind):
            found = {"requests": own, "limits": own}
        else:
            found = {} if chosen.as_a_whole else _copied(pod, kind, least, most)
        for part, amount in found.items():
            wanted.setdefault(part, {})[kind] = amount
    return wanted


def sidecar_resources(
    pod: Mapping[str, Any], chosen: Choices, settings: InjectionSettings
) -> Resources:
    """A sidecar's `resources`: it names what the app containers name.

    A limit is the request too: that keeps a Guaranteed pod so, and passes a LimitRange that holds
    the two together (maxLimitRequestRatio). A request alone is what it needs while it waits.
    """
    wanted: Resources = {}
    limits = (settings.sidecar_cpu, settings.sidecar_memory)
    rest = (settings.cpu, settings.memory)
    for kind, limit, least in zip(KINDS, limits, rest, strict=True):
        named = {} if chosen.as_a_whole else _largest(pod, kind)
        floor = limitrange.given(pod, kind)
        own = quantity.larger(limit, floor) if "limits" in named else None
        if amount := chosen.amounts.get(kind) or own:
            for part in ("requests", "limits"):
                wanted.setdefault(part, {})[kind] = amount
        elif named:
            wanted.setdefault("requests", {})[kind] = quantity.larger(least, floor)
    return wanted


def _copied(pod: Mapping[str, Any], kind: str, least: str, most: str) -> dict[str, str]:
    largest = _at_most(_largest(pod, kind), kind, most)
    equal = largest.get("requests") == largest.get("limits")
    return {
        part: quantity.larger(amount, least) if equal or part == "limits" else amount
        for part, amount in largest.items()
    }


def _at_most(own: dict[str, str], kind: str, most: str) -> dict[str, str]:
    request, limit = own.get("requests"), own.get("limits")
    if _most(own) <= (quantity.value(most) or 0):
        return own
    if request and limit and request != limit:
        return {"requests": _share(request, limit, kind, most), "limits": most}
    return dict.fromkeys(own, most)


def _share(request: str, limit: str, kind: str, most: str) -> str:
    """The part of `most` that `request` is of `limit`, rounded up to whole units.

    By floating point, as policy mode has it: _policy-resources.tpl.
    """
    count, unit = _UNITS[kind]
    part, whole, top = (float(quantity.value(it) or 0) for it in (request, limit, most))
    exact = part * top / whole * count - _NOISE
    units = int(exact) + 1
    return most if units > top * count else f"{units}{unit}"


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
