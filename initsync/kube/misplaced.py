"""Workloads that have JASM's annotations themselves, while their pods have none. Pure.

A pod gets its metadata from the pod template alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from initsync.annotation.check import ANNOTATIONS
from initsync.kube import kinds


class Misplaced(NamedTuple):
    """An annotation of JASM's that stands where nobody reads it."""

    name: str
    problem: str
    """The sentence's end behind the annotation's name, as `initsync check` has it."""


def found(kind: str, workload: Mapping[str, Any]) -> Iterator[Misplaced]:
    """The misplaced annotations of a workload of that kind."""
    path = kinds.pod_path(kind)
    inside = _annotations(template(kind, workload))
    outside = {name for at in kinds.elsewhere(kind) for name in _annotations(_at(workload, at))}
    for name in ANNOTATIONS:
        if name in outside and name not in inside:
            yield Misplaced(name, problem(kind, ".".join((*path, "metadata", "annotations"))))


def problem(kind: str, home: str) -> str:
    """The sentence, with the field that is the right one."""
    return f"is on the {kind} and not on its pods: move it to {home}"


def template(kind: str, workload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pod that a workload of that kind makes, without a name; empty where it has none."""
    return _at(workload, kinds.pod_path(kind))


def _at(found: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    for step in path:
        found = found.get(step) or {}
    return found


def _annotations(part: Mapping[str, Any]) -> Mapping[str, str]:
    return (part.get("metadata") or {}).get("annotations") or {}
