"""What a pod shows of its namespace's LimitRange: the least that containers there are given. Pure.

A LimitRange with a `min` and no default gives that `min` as its request to each container that has
none, and says so in an annotation. https://kubernetes.io/docs/concepts/policy/limit-range/
"""

from collections.abc import Mapping
from typing import Any

ANNOTATION = "kubernetes.io/limit-ranger"
"""Written by the API server's plugin LimitRanger, before any webhook or policy is asked."""
_START = "LimitRanger plugin set: "
_GAVE = " request for container "


def given(pod: Mapping[str, Any], kind: str) -> str:
    """The request of CPU or memory that the first app container has from there, and no limit, as
    one that has a default limit, too, was not given the least; "0" where none has."""
    names = _names((pod["metadata"].get("annotations") or {}).get(ANNOTATION, ""), kind)
    for container in pod["spec"].get("containers") or []:
        resources = container.get("resources") or {}
        if container["name"] in names and kind not in (resources.get("limits") or {}):
            return str((resources.get("requests") or {}).get(kind, "0"))
    return "0"


def _names(text: str, kind: str) -> set[str]:
    """The names of the containers that a LimitRange gave a request of that kind."""
    parts = [part.split(_GAVE) for part in text.replace(_START, "").split("; ")]
    return {part[1] for part in parts if len(part) == 2 and kind in part[0].split(", ")}
