"""The pods in a text of manifests that ask for a secret, to be changed where they stand. Pure."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

from initsync import keys, workloads, yamledit
from initsync.errors import InvalidSetup
from initsync.model import JsonObject
from initsync.wording import shown
from initsync.yamledit import NotEditable

# Wherever a line begins so a document does, within a text of many lines, too.
# https://yaml.org/spec/1.2.2/#rule-c-forbidden
_START = re.compile(r"^(?=---(?:\s|$))", re.MULTILINE)
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PodTemplate(NamedTuple):
    """A pod, or what a workload makes pods from."""

    title: str
    """Kind and name of the object."""
    pointer: str
    """JSON pointer within the document."""
    pod: JsonObject


Change = Callable[[PodTemplate], list[JsonObject]]
"""JSON Patch of the pod (`add` only), its paths within the pod."""


def changed(text: str, change: Change) -> str:
    """The text with each of them changed; all else is as it was, byte for byte.

    Raises InvalidSetup where a pod is written in a way that cannot be added to.
    """
    return "".join(_changed(part, change) for part in _START.split(text))


def _changed(text: str, change: Change) -> str:
    if keys.ANNOTATION not in text:
        return text
    operations: list[JsonObject] = []
    titles: list[str] = []
    try:
        for found in _pods(_loaded(text), "", ""):
            titles.append(found.title)
            operations += [it | {"path": found.pointer + it["path"]} for it in change(found)]
        return yamledit.added(text, operations)
    except yaml.YAMLError as error:  # such as a tag that only some program knows
        raise InvalidSetup("a pod in it cannot be read", _problem(error)) from None
    except NotEditable as error:
        problem = f"{titles[0]}, line {error.line} of its document, cannot be added to"
        raise InvalidSetup(problem, str(error)) from None


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)  # which has tabs and escapes that YAML has not
    except ValueError:
        return yaml.load(text, _Loader)  # noqa: S506  # it is one of the two safe ones


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or "it is not YAML")


def _pods(found: Any, pointer: str, within: str) -> Iterator[PodTemplate]:
    if not isinstance(found, dict):
        return
    kind = found.get("kind") or within
    items = found.get("items")
    if str(kind).endswith("List") and isinstance(items, list):
        for number, item in enumerate(items):
            yield from _pods(item, f"{pointer}/items/{number}", kind.removesuffix("List"))
        return
    pod: Any = found
    for step in workloads.pod_path(kind):
        pod = pod.get(step) if isinstance(pod, dict) else None
        pointer += f"/{step}"
    if isinstance(pod, dict) and keys.ANNOTATION in (_field(pod, "metadata", "annotations") or {}):
        yield PodTemplate(f"{kind} {shown(str(_field(found, 'metadata', 'name')))}", pointer, pod)


def _field(found: Any, *path: str) -> Any:
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found
