"""What the author of a workload is told when it is applied: pods come later, and nobody reads what
the API server answers to their controllers. Pure.
"""

from collections.abc import Iterator
from typing import Any

from initsync.injection import nodesystem
from initsync.injection.patch import TOLD
from initsync.kube import kinds, misplaced, podfields
from initsync.words import keys
from initsync.words.errors import AnnotationError
from injector.webhook.plan import Plans

KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
_OWN_SYSTEM = ("os", "nodeSelector")


def warnings(workload: dict[str, Any], size: int, plans: Plans) -> Iterator[str]:
    """A sentence for each thing; `size` is the review's, in bytes."""
    kind = workload["kind"]
    for name, problem in misplaced.found(kind, workload):
        yield str(AnnotationError(problem, name=name))
    pod = kinds.owned(kind, misplaced.template(kind, workload))
    if not podfields.asks(pod):
        return
    planned = plans.of(pod, size)
    if planned.refused:
        yield planned.refused
    elif planned.skipped in TOLD:
        yield from _left_out(kind, pod["spec"], planned.skipped)
    else:
        yield from planned.warnings


def _left_out(kind: str, spec: dict[str, Any], reason: str) -> Iterator[str]:
    """The controller of a DaemonSet replaces its pods' required node affinity by a node's name."""
    own = {name: spec[name] for name in _OWN_SYSTEM if name in spec}
    if kind == "DaemonSet" and reason == "windows" and not nodesystem.is_windows(own):
        yield (
            f"{keys.CONTAINER} will be injected, and does not run on Windows: a DaemonSet's pods "
            "lose their node affinity, so add spec.os.name: windows to the template"
        )
        return
    yield f"{keys.CONTAINER} will not be injected: {TOLD[reason]}"
