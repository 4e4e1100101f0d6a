"""What is wrong with JASM's annotations in a manifest, in the very sentences of the pod. Pure."""

from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NamedTuple

from initsync.annotation import choices
from initsync.annotation.check import check_text, refuse_unknown
from initsync.annotation.request import Providers
from initsync.kube import kinds, misplaced, place, podfields, reach, secretuse
from initsync.manifests import documents, workloads
from initsync.manifests.sources import Sources
from initsync.manifests.stray import strays
from initsync.manifests.tree import Node, ScalarNode
from initsync.manifests.workloads import Located
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import PodRef, SyncRequest, targets, types
from initsync.words.wording import shown


class Finding(NamedTuple):
    """An annotation that the pod would refuse or never see, or that does not do what it is for."""

    line: int
    """The line in the file, counted from 1."""
    kind: str
    namespace: str
    name: str
    annotation: str
    reason: str
    """The Event reason that the pod would get; empty for a warning."""
    message: str
    severity: Literal["error", "warning"] = "error"


def findings(
    text: str, providers: Providers, sources: Sources | None = None
) -> Iterator[Finding | None]:
    """For each annotation what is wrong with it, or None; then the manifest's warnings.

    Raises `documents.NotYaml` at the first problem of the text, after what stands before it.
    """
    met, known, together = list[str](), 0, sources or Sources()
    for found in workloads.annotations(text, met.append):
        known += found.name == keys.ANNOTATION
        try:
            requests = _check(found, providers)
        except AnnotationError as error:
            line = _line(found.value, error.line)
            message = f"{error}{_advice(found)}"
            yield Finding(line, *found.workload, found.name, error.reason, message)
        else:
            yield None
            yield from _warnings(found, requests, together)
    for workload, line in strays(text) if met.count(keys.ANNOTATION) > known else ():
        yield Finding(line, *workload, keys.ANNOTATION, "", _STRAY.format(workload), "warning")


_STRAY = (
    f"annotation {keys.ANNOTATION} stands where no pod of the {{0.kind}} is seen, so it is not "
    "checked: initsync check knows pod templates (spec.template) with containers"
)


def _check(found: Located, providers: Providers) -> tuple[SyncRequest, ...]:
    """The requests of one annotation. Raises as `check_text` does."""
    workload, value = found.workload, found.value
    refuse_unknown(found.name)
    if found.misplaced:
        problem = misplaced.problem(workload.kind, found.home)
        raise AnnotationError(problem, name=found.name, of=found.part)
    if found.earlier:
        problem = f"is there twice, also at line {found.earlier}, and only the last one counts"
        advice = ", or write both as a list under secrets" if found.name == keys.ANNOTATION else ""
        raise AnnotationError(f"{problem}: remove one{advice}", name=found.name)
    if not isinstance(value, ScalarNode):
        problem = f"must be a string, not a {value.kind}: write '{found.name}: |' above its fields"
        raise AnnotationError(problem, name=found.name)
    if value.kind != "str":
        problem = f"must be a string and YAML reads a {value.kind}: put it in quotes"
        raise AnnotationError(problem, name=found.name, of=found.part)
    if found.part == "label":
        if rule := choices.problem(found.name, value.text):
            raise AnnotationError(f"is {shown(value.text)}, but {rule}", None, found.name, "label")
        return ()
    pod = PodRef(workload.namespace, workload.name, "")
    requests = check_text(found.name, value.text, pod, providers)
    if found.name == keys.ON_CHANGE:
        _refuse_out_of_reach(found)
    return requests


def _refuse_out_of_reach(found: Located) -> None:
    """Raise AnnotationError for what the pod could never do."""
    pod = kinds.owned(found.workload.kind, found.pod)
    # Which user the platform gives jasm-init is not known here.
    user = choices.number(pod["metadata"]["annotations"].get(keys.RUN_AS_USER, ""), 2**31)
    if problem := reach.problem(pod, user):
        raise problem


def _warnings(
    found: Located, requests: Sequence[SyncRequest], sources: Sources
) -> Iterator[Finding]:
    """Whether the pod can use what it asks for, and it alone makes that."""
    lines = {
        target.secret_name: _line(found.value, target.entries[0].line or None)
        for target in targets(requests)
    }
    before = place.earlier(found.pod)
    waits = podfields.waits(found.pod)
    for secret, said in secretuse.of_each(found.pod["spec"], types(requests), before, waits=waits):
        yield _warning(found, lines[secret], said)
    for said in _of_reach(found, lines):
        yield _warning(found, found.value.line, said)
    for target in () if waits else targets(requests):
        line = lines[target.secret_name]
        if said := sources.conflict(target, found.workload, line):
            yield _warning(found, line, said)


def _of_reach(found: Located, secrets: Collection[str]) -> Sequence[str]:
    try:
        return list(reach.warnings(found.pod, secrets)) if secrets else []
    except AnnotationError:  # told of the annotation itself
        return []


def _warning(found: Located, line: int, said: str) -> Finding:
    return Finding(line, *found.workload, found.name, "", said, "warning")


def _advice(found: Located) -> str:
    if found.misplaced or not isinstance(found.value, ScalarNode):
        return ""
    return documents.advice(found.value.text)


def _line(value: Node, line: int | None) -> int:
    """The line of the file at which the annotation's own line stands.

    Of a literal block only: a folded or quoted text has other lines than its file.
    https://yaml.org/spec/1.1/#id928909
    """
    if line is None or not isinstance(value, ScalarNode) or not value.literal:
        return value.line
    return value.line + min(line, max(1, len(value.text.splitlines())))
