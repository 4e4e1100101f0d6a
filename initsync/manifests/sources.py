"""Which Secret is made from what, over all manifests that are read together. Pure."""

from initsync.manifests.workloads import Workload
from initsync.words.model import SyncRequest


class Sources:
    """Remembers the first workload that asks for each Secret."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], tuple[str, Workload]] = {}

    def conflict(self, request: SyncRequest, workload: Workload) -> str:
        """A sentence where an earlier workload makes the same Secret from something else."""
        secret = (workload.namespace, request.secret_name)
        source, first = self._first.setdefault(secret, (request.source, workload))
        if source == request.source:
            return ""
        other = f"{source} by {first.kind} {first.name}"
        return (
            f"Secret {request.secret_name} is made from {request.source} here, and from {other}: "
            "their pods write it in turn. Give one of the two another secretName"
        )
