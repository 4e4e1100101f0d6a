"""Which Secret is made from what, over all workloads that are read together. Pure."""

from typing import NamedTuple

from initsync.manifests.workloads import Workload
from initsync.words.model import SyncRequest, Target
from initsync.words.wording import one_line

_NAME, _SOURCE = 64, 512  # bytes worth showing
_ADVICE = "their pods write it in turn. Give one of the two another secretName"


class SourceLocation(NamedTuple):
    """Where a workload asks for a Secret."""

    workload: Workload
    file: str = ""
    """The file's name; empty: the workload is in a cluster."""
    line: int = 0

    def __str__(self) -> str:
        kind, namespace, name = (one_line(part, _NAME) for part in self.workload)
        where = f" ({self.file}:{self.line})" if self.file else ""
        return f"{kind} {namespace and f'{namespace}/'}{name}{where}"


class Sources:
    """Remembers the first workload that asks for each Secret."""

    def __init__(self, namespace: str = "") -> None:
        """`namespace`: of workloads that name none."""
        self.file = ""
        """The file of the workloads that follow."""
        self.conflicts: list[str] = []
        """A sentence for each two that were found, with the places of both."""
        self._namespace = namespace
        self._first: dict[tuple[str, str], tuple[Target, SourceLocation]] = {}

    def conflict(self, target: Target, workload: Workload, line: int = 0) -> str:
        """A sentence where an earlier workload makes the same Secret from something else."""
        place = SourceLocation(workload, self.file, line)
        secret = (workload.namespace or self._namespace, target.secret_name)
        first, at = self._first.setdefault(secret, (target, place))
        if not (said := _difference(target, first, at)):
            return ""
        sentence = f"Secret {target.secret_name} is made {said}: {_ADVICE}"
        self.conflicts.append(f"{place}: {sentence}")
        return sentence


def _difference(target: Target, first: Target, at: SourceLocation) -> str:
    """What tells the two apart, as a sync does: by source, and by all that is taken of it."""
    if _sources(target) != _sources(first):
        return f"from {_source(target)} here, and from {_source(first)} by {at}"
    pairs = zip(target.entries, first.entries, strict=True)
    fields = dict.fromkeys(field for pair in pairs for field in _differing(*pair))
    if not fields:
        return ""
    return f"from {_source(target)} with other {', '.join(fields)} here than by {at}"


def _sources(target: Target) -> list[str]:
    return [entry.source for entry in target.entries]


def _source(target: Target) -> str:
    return one_line(target.source, _SOURCE)


def _differing(one: SyncRequest, other: SyncRequest) -> list[str]:
    """The fields that the two entries do not have alike."""
    return [
        field
        for mine, its in ((one.selection, other.selection), (one.form, other.form))
        for field, value in mine._asdict().items()
        if value != getattr(its, field)
    ]
