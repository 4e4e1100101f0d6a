"""What several workloads ask for, as one order for each ServiceAccount. Pure.

A cloud knows a ServiceAccount, so what those of two may read is not joined by itself.
"""

from collections.abc import Iterable
from typing import NamedTuple

from initsync.annotation import plain, written
from initsync.manifests import dump
from initsync.permissions.requested import Order
from initsync.words.errors import InvalidSetup
from initsync.words.model import SyncRequest, Target, targets


class Joined(NamedTuple):
    """All that the workloads of one ServiceAccount ask for."""

    namespace: str
    account: str
    """The ServiceAccount of the workloads, or the one that syncs for all of them."""
    requests: tuple[SyncRequest, ...]
    """The requests sorted by the Secret's name; those of one Secret follow each other."""

    @property
    def text(self) -> str:
        """The annotation that asks for it. Raises InvalidSetup where no annotation can."""
        if len(self.requests) > plain.MOST:
            problem = f"ServiceAccount {self.namespace}/{self.account} is to sync "
            problem += f"{len(self.requests)} entries, and an annotation has {plain.MOST} at most"
            advice = "name fewer files, and another --service-account for the others"
            raise InvalidSetup(problem, advice)
        return dump.dump([written.document(self.requests)])


def joined(orders: Iterable[Order], account: str = "") -> list[Joined]:
    """One for each namespace and ServiceAccount, sorted; with `account` one a namespace, its.

    No two orders may make a Secret from different sources (`initsync.manifests.sources`).
    """
    found: dict[tuple[str, str], dict[str, Target]] = {}
    for order in orders:
        by_name = found.setdefault((order.namespace, account or order.account), {})
        for target in targets(order.requests):
            by_name[target.secret_name] = target
    return [Joined(*place, _entries(found[place])) for place in sorted(found)]


def _entries(by_name: dict[str, Target]) -> tuple[SyncRequest, ...]:
    return tuple(entry for name in sorted(by_name) for entry in by_name[name].entries)
