"""What is wrong with JASM's annotations in a manifest, in the very sentences of the pod. Pure."""

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from initsync import annotation, choices, keys, policy, workloads, yamldocs
from initsync.errors import AnnotationError
from initsync.model import PodRef
from initsync.wording import shown
from initsync.workloads import Located
from initsync.yamldocs import Scalar

_RESOLVED = 63  # characters of a name, as Kubernetes has them behind the slash

CheckPath = Callable[[str, str], str | None]
"""The rule of a provider (its name) that a path breaks, as "must …", or None."""


class Finding(NamedTuple):
    """An annotation that the pod would refuse, or never see."""

    line: int
    """In the file, counted from 1."""
    kind: str
    namespace: str
    name: str
    annotation: str
    reason: str
    """The Event reason that the pod would get."""
    message: str


def findings(
    text: str, supported: Collection[str], check_path: CheckPath
) -> Iterator[Finding | None]:
    """For each annotation in a manifest what is wrong with it, or None.

    Raises `yamldocs.NotYaml` at the first problem of the text, after what stands before it.
    """
    for found in workloads.annotations(text):
        try:
            _check(found, supported, check_path)
        except AnnotationError as error:
            line = _line(found.value, error.line)
            message = f"{error}{_advice(found)}"
            yield Finding(line, *found.workload, found.name, error.reason, message)
        else:
            yield None


def problems(
    annotations: Mapping[str, str], supported: Collection[str], check_path: CheckPath
) -> Iterator[AnnotationError]:
    """What is wrong with JASM's annotations among those of a pod that is there."""
    for name, text in annotations.items():
        if name.startswith(keys.PREFIX):
            try:
                _check_text(name, text, PodRef("", "", ""), supported, check_path)
            except AnnotationError as error:
                yield error


def _check(found: Located, supported: Collection[str], check_path: CheckPath) -> None:
    """Raise AnnotationError for what is wrong."""
    workload, value = found.workload, found.value
    _refuse_unknown(found.name)
    if found.misplaced:
        problem = f"is on the {workload.kind} and not on its pods: move it to {found.home}"
        raise AnnotationError(problem, name=found.name)
    if not isinstance(value, Scalar):
        problem = f"must be a string, not a {value.kind}: write '{found.name}: |' above its fields"
        raise AnnotationError(problem, name=found.name)
    if value.kind != "str":
        problem = f"must be a string and YAML reads a {value.kind}: put it in quotes"
        raise AnnotationError(problem, name=found.name)
    pod = PodRef(workload.namespace, workload.name, "")
    _check_text(found.name, value.text, pod, supported, check_path)


def _check_text(
    name: str, text: str, pod: PodRef, supported: Collection[str], check_path: CheckPath
) -> None:
    """Raise AnnotationError for what is wrong with the annotation `name` of a pod."""
    _refuse_unknown(name)
    if name == keys.ANNOTATION:
        annotation.parse(text, pod, supported, check_path)
    elif rule := choices.problem(name, text):
        raise AnnotationError(f"is {shown(text)}, but {rule}", name=name)
    else:
        policy.parse({name: text})


_ELSEWHERE = {
    keys.ADOPT: "belongs on the Secret that is to be handed over",
    keys.SOURCE_PATH: "is what JASM writes on a Secret",
    keys.SYNCED_AT: "is what JASM writes on a Secret",
    keys.VERSION: "is what JASM writes on a Secret",
    keys.NAMESPACE_LABEL: f'is a label of namespaces; on a pod it is {keys.INJECT}: "false"',
}


def _refuse_unknown(name: str) -> None:
    """Raise AnnotationError for a name that has no effect on a pod, with the nearest that has."""
    if name in workloads.KNOWN:
        return
    if elsewhere := _ELSEWHERE.get(name):
        raise AnnotationError(f"has no effect on a pod: it {elsewhere}", name=name)
    short = {known.removeprefix(keys.PREFIX): known for known in workloads.KNOWN}
    typed = name.removeprefix(keys.PREFIX)[:_RESOLVED].lower().replace("_", "-")
    close = difflib.get_close_matches(typed, short, 1)
    advice = f"did you mean {short[close[0]]}?" if close else f"known are {', '.join(short)}"
    raise AnnotationError(f"has no effect: JASM knows none of this name; {advice}", name=name)


def _advice(found: Located) -> str:
    if found.misplaced or not isinstance(found.value, Scalar):
        return ""
    return yamldocs.advice(found.value.text)


def _line(value: yamldocs.Node, line: int | None) -> int:
    """The line of the file at which the annotation's own line stands.

    Of a literal block only: a folded or quoted text has other lines than its file.
    https://yaml.org/spec/1.1/#id928909
    """
    if line is None or not isinstance(value, Scalar) or not value.literal:
        return value.line
    return value.line + min(line, max(1, len(value.text.splitlines())))
