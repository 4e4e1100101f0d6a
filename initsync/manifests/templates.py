"""The pods in a text of manifests that ask for a secret, to be changed where they stand. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import yaml

from initsync.kube import kinds
from initsync.manifests import edit, nodes
from initsync.manifests.edit import NotEditable
from initsync.words import keys
from initsync.words.errors import InvalidSetup
from initsync.words.model import JsonObject
from initsync.words.wording import shown

# Wherever a line begins so a document does, within a text of many lines, too.
# https://yaml.org/spec/1.2.2/#rule-c-forbidden
_START = re.compile(r"^(?=---(?:\s|$))", re.MULTILINE)
_NAME = keys.ANNOTATION.removeprefix(keys.PREFIX)  # JSON may write the slash before it as `\/`


class PodTemplate(NamedTuple):
    """A pod, or what a workload makes pods from."""

    title: str
    """Kind and name of the object."""
    pointer: str
    """JSON pointer within the document."""
    pod: JsonObject
    kind: str
    """The kind of the object that the template stands in."""


Change = Callable[[PodTemplate], list[JsonObject]]
"""JSON Patch of the pod (`add` only), its paths within the pod."""


def templates(text: str) -> list[PodTemplate]:
    """Each of them. Raises InvalidSetup where a document with one cannot be read."""
    return [one for part in _START.split(text) for one in _templates(part)]


def changed(text: str, change: Change) -> str:
    """The text with each of them changed; all else is as it was, byte for byte.

    Raises InvalidSetup where a pod is written in a way that cannot be added to.
    """
    return "".join(_changed(part, change) for part in _START.split(text))


def within(pod: PodTemplate, operations: Iterable[JsonObject]) -> list[JsonObject]:
    """Operations on the pod as operations on its document."""
    return [one | {"path": pod.pointer + one["path"]} for one in operations]


def _templates(text: str) -> list[PodTemplate]:
    if _NAME not in text:
        return []
    try:
        return list(_pods(nodes.load(text), "", ""))
    except yaml.YAMLError as error:  # such as a tag that only some program knows
        raise InvalidSetup("a pod in it cannot be read", _advice(error)) from None


def _changed(text: str, change: Change) -> str:
    pods = _templates(text)
    operations = [one for pod in pods for one in within(pod, change(pod))]
    try:
        return edit.added(text, operations) if operations else text
    except NotEditable as error:
        problem = f"{pods[0].title}, line {error.line} of its document, cannot be added to"
        raise InvalidSetup(problem, str(error)) from None


def _advice(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or not error.problem_mark:
        return "write its values as plain YAML"
    place = f"line {error.problem_mark.line + 1} of its document"
    return f"write {place} as plain YAML ({error.problem})"


def _pods(found: Any, pointer: str, within: str) -> Iterator[PodTemplate]:
    if not isinstance(found, dict):
        return
    kind = str(found.get("kind") or within)
    items = found.get("items")
    if kind.endswith("List") and isinstance(items, list):
        for number, item in enumerate(items):
            yield from _pods(item, f"{pointer}/items/{number}", kind.removesuffix("List"))
        return
    pod: Any = found
    for step in kinds.pod_path(kind):
        pod = pod.get(step) if isinstance(pod, dict) else None
        pointer += f"/{step}"
    if isinstance(pod, dict) and _field(pod, "metadata", "annotations", keys.ANNOTATION):
        title = f"{kind} {shown(str(_field(found, 'metadata', 'name')))}"
        yield PodTemplate(title, pointer, pod, kind)


def _field(found: Any, *path: str) -> Any:
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found
