"""Which Secret is made from what, over all manifests that are read together. Pure."""

from initsync.manifests.workloads import Workload
from initsync.words.model import Target


class Sources:
    """Remembers the first workload that asks for each Secret."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], tuple[str, Workload]] = {}

    def conflict(self, target: Target, workload: Workload) -> str:
        """A sentence where an earlier workload makes the same Secret from something else."""
        secret = (workload.namespace, target.secret_name)
        source, first = self._first.setdefault(secret, (target.source, workload))
        if source == target.source:
            return ""
        other = f"{source} by {first.kind} {first.name}"
        return (
            f"Secret {target.secret_name} is made from {target.source} here, and from {other}: "
            "their pods write it in turn. Give one of the two another secretName"
        )
