"""Which objects a list is asked for: label and field selectors. Pure.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from initsync.testing.apiserver import status
from initsync.words.model import JsonObject

# A comma within parentheses parts no requirements.
_COMMA = re.compile(r",(?![^(]*\))")
_SET = re.compile(r"\s*(\S+)\s+(in|notin)\s+\(([^()]*)\)\s*")
_EQUAL = re.compile(r"\s*([^!=\s]+)\s*(!=|==?)\s*([^!=\s(),]*)\s*")
_THERE = re.compile(r"\s*(!?)\s*([^!=\s(),]+)\s*")


Test = Callable[[JsonObject], bool]


def narrowed(found: Iterable[JsonObject], labels: str, fields: str) -> list[JsonObject]:
    """The objects that a list with these selectors has. Raises ApiError 400."""
    tests = [*map(_label, _parts(labels)), *map(_field, _parts(fields))]
    return [it for it in found if all(test(it) for test in tests)]


def _parts(selector: str) -> Iterator[str]:
    return (part for part in _COMMA.split(selector) if part.strip())


def _label(requirement: str) -> Test:
    if found := _SET.fullmatch(requirement):
        name, how, values = found.groups()
        listed = [it.strip() for it in values.split(",")]
        return lambda it: (_labels(it).get(name) in listed) == (how == "in")
    if found := _EQUAL.fullmatch(requirement):
        name, how, value = found.groups()
        return lambda it: (_labels(it).get(name) == value) == (how != "!=")
    if found := _THERE.fullmatch(requirement):
        absent, name = found.groups()
        return lambda it: (name in _labels(it)) == (not absent)
    raise status.bad_request(f"unable to parse requirement: {requirement!a}")


def _labels(found: JsonObject) -> dict[str, str]:
    return found["metadata"].get("labels") or {}


def _field(requirement: str) -> Test:
    if not (parts := _EQUAL.fullmatch(requirement)):
        raise status.bad_request(f"invalid selector: {requirement!a}")
    path, how, value = parts.groups()
    return lambda it: (_at(it, path) == value) == (how != "!=")


def _at(found: JsonObject, path: str) -> str:
    """The field at a dotted path; what is not there is empty."""
    at: Any = found
    for name in path.split("."):
        at = (at or {}).get(name)
    return str(at or "")
