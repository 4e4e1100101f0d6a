"""What is wrong with any of JASM's annotations, in the very sentences of the pod. Pure."""

import difflib
from collections.abc import Iterator, Mapping

from initsync.annotation import choices, policy, request
from initsync.annotation.request import Providers
from initsync.words import keys
from initsync.words.errors import AnnotationError
from initsync.words.model import PodRef, SyncRequest
from initsync.words.wording import shown

ANNOTATIONS = (*keys.PODINFO_FILES, *choices.NAMES)
"""What a pod's author may write."""
KNOWN = (*ANNOTATIONS, keys.INJECTED)
"""Every name that JASM knows on a pod."""

_RESOLVED = 63  # characters of a name, as Kubernetes has them behind the slash


def problems(annotations: Mapping[str, str], providers: Providers) -> Iterator[AnnotationError]:
    """What is wrong with JASM's annotations among those of a pod that is there."""
    for name, text in annotations.items():
        if name.startswith(keys.PREFIX):
            try:
                check_text(name, text, PodRef("", "", ""), providers)
            except AnnotationError as error:
                yield error


def check_text(name: str, text: str, pod: PodRef, providers: Providers) -> tuple[SyncRequest, ...]:
    """What the annotation `name` of a pod asks for, if it is the one that does; else nothing.

    Raises AnnotationError for what is wrong.
    """
    refuse_unknown(name)
    if name == keys.ANNOTATION:
        return request.parse(text, pod, providers)
    if rule := choices.problem(name, text):
        raise AnnotationError(f"is {shown(text)}, but {rule}", name=name)
    policy.parse({name: text})
    return ()


_ELSEWHERE = {
    keys.ADOPT: "belongs on the Secret that is to be handed over",
    keys.SOURCE_PATH: "is what JASM writes on a Secret",
    keys.SYNCED_AT: "is what JASM writes on a Secret",
    keys.VERSION: "is what JASM writes on a Secret",
    keys.SHAPE: "is what JASM writes on a Secret",
    keys.NAMESPACE_LABEL: f'is a label of namespaces; on a pod it is {keys.INJECT}: "false"',
}


def refuse_unknown(name: str) -> None:
    """Raise AnnotationError for a name that has no effect on a pod, with the nearest that has."""
    if name in KNOWN:
        return
    if elsewhere := _ELSEWHERE.get(name):
        raise AnnotationError(f"has no effect on a pod: it {elsewhere}", name=name)
    short = {known.removeprefix(keys.PREFIX): known for known in KNOWN}
    typed = name.removeprefix(keys.PREFIX)[:_RESOLVED].lower().replace("_", "-")
    close = difflib.get_close_matches(typed, short, 1)
    advice = f"did you mean {short[close[0]]}?" if close else f"known are {', '.join(short)}"
    raise AnnotationError(f"has no effect: JASM knows none of this name; {advice}", name=name)
