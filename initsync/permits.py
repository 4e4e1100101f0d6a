"""What a ServiceAccount must be allowed in Kubernetes so that its pods sync, and no more. Pure."""

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import NamedTuple

from initsync import rbac
from initsync.model import JsonObject
from initsync.names import within
from initsync.wishes import Wish

_NAME_LIMIT = 253


class Permit(NamedTuple):
    """That of one ServiceAccount."""

    namespace: str
    account: str
    wishes: tuple[Wish, ...]

    @property
    def secret_names(self) -> list[str]:
        """Of the Secrets, sorted."""
        return sorted({wish.secret_name for wish in self.wishes})

    @property
    def paths(self) -> list[str]:
        """Of what they are made from, sorted."""
        return sorted({wish.path for wish in self.wishes})

    def objects(self) -> list[JsonObject]:
        """The Role and its RoleBinding."""
        name = within(f"jasm-secrets-{self.account}", _NAME_LIMIT)
        role = rbac.role(name, self.namespace, *self.secret_names)
        return [role, rbac.binding(name, self.namespace, self.account)]


def permits(wishes: Iterable[Wish]) -> list[Permit]:
    """One a ServiceAccount, sorted: the same for the same wishes in whatever order."""
    pairs = groupby(sorted(set(wishes)), lambda wish: (wish.namespace, wish.account))
    return [Permit(*pair, tuple(found)) for pair, found in pairs]


def chart_values(found: Collection[Permit]) -> JsonObject:
    """The chart's values by which it makes the Roles.

    Their `jasm-sync` is all that JASM's guard goes by: it has no parameters of its own.
    """
    items = [
        {
            "namespace": permit.namespace,
            "serviceAccounts": [permit.account],
            "secretNames": permit.secret_names,
        }
        for permit in found
    ]
    return {"rbac": {"namespaces": items}}
