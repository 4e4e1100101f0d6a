"""Whether a pod is for nodes with Windows, by what stands in the pod. Pure.

The scheduler puts it where all of these hold, so one is enough.
https://kubernetes.io/docs/concepts/windows/intro/
"""

from collections.abc import Mapping, Sequence
from typing import Any

LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")
"""Every kubelet sets both on its node; the second is the first's old name."""
_WINDOWS = "windows"
MOST = 1000
"""Terms, and expressions in them: API servers take the time of their square (policy mode)."""


def is_windows(spec: Mapping[str, Any]) -> bool:
    """Whether it can run there alone."""
    selector = spec.get("nodeSelector") or {}
    named = [(spec.get("os") or {}).get("name"), *(selector.get(label) for label in LABELS)]
    return _WINDOWS in named or _required(_terms(spec))


def _terms(spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The terms of the pod's required node affinity; a node must meet one of them."""
    node = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = node.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    return required.get("nodeSelectorTerms") or ()


def _required(found: Sequence[Mapping[str, Any]]) -> bool:
    """An empty term is met by no node. What no pod is made with is not looked at."""
    if len(found) > MOST or sum(len(one.get("matchExpressions") or ()) for one in found) > MOST:
        return False
    usable = [one for one in found if one.get("matchExpressions") or one.get("matchFields")]
    return bool(usable) and all(
        any(map(_wants_windows, one.get("matchExpressions") or ())) for one in usable
    )


def _wants_windows(requirement: Mapping[str, Any]) -> bool:
    """There is no kubelet but for Linux and for Windows."""
    operator, values = requirement["operator"], requirement.get("values") or ()
    if requirement["key"] not in LABELS:
        return False
    return (operator == "In" and values == [_WINDOWS]) or (
        operator == "NotIn" and "linux" in values
    )
