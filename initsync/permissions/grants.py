"""What a ServiceAccount must be allowed in Kubernetes so that its pods sync, and no more. Pure."""

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from initsync.kube import rbac
from initsync.permissions.names import within
from initsync.permissions.requested import RequestedSecret
from initsync.words import keys
from initsync.words.model import JsonObject

ROLES = "jasm-secrets"
"""What names of Roles begin with."""
_NAME_LIMIT = 253


class Grant(NamedTuple):
    """What one ServiceAccount must be allowed."""

    namespace: str
    account: str
    secrets: tuple[RequestedSecret, ...]
    roles: str = ROLES
    """What its Role's name begins with."""

    @property
    def whose(self) -> str:
        """The ServiceAccount, as sentences name it."""
        return f"ServiceAccount {self.namespace}/{self.account}"

    @property
    def label(self) -> str:
        """What Terraform calls what is the ServiceAccount's; it has no dots in names."""
        return f"jasm_{self.namespace}_{self.account.replace('.', '__')}"

    @property
    def secret_names(self) -> list[str]:
        """The names of the Secrets that its pods sync, sorted."""
        return sorted({secret.secret_name for secret in self.secrets})

    @property
    def managed_by(self) -> list[str]:
        """Values of the managed-by label that the guard must be told of (`guard.managedBy`)."""
        return sorted(
            {secret.managed_by for secret in self.secrets} - {"", keys.MANAGED_BY_DEFAULT}
        )

    @property
    def marks(self) -> dict[str, list[str]]:
        """The labels and annotations that the guard must be told of, by the chart's value."""
        return _marks(self.secrets)

    @property
    def evicts(self) -> bool:
        """Whether one of its pods evicts itself."""
        return any(secret.evicts for secret in self.secrets)

    def objects(self) -> list[JsonObject]:
        """The Role and its RoleBinding."""
        name = within(f"{self.roles}-{self.account}", _NAME_LIMIT)
        role = rbac.role(name, self.namespace, *self.secret_names, evicts=self.evicts)
        return [role, rbac.binding(name, self.namespace, self.account)]


def grants(secrets: Iterable[RequestedSecret], roles: str = ROLES) -> list[Grant]:
    """One a ServiceAccount, sorted: the same for the same secrets in whatever order."""
    pairs = groupby(sorted(set(secrets)), lambda secret: (secret.namespace, secret.account))
    return [Grant(*pair, tuple(found), roles) for pair, found in pairs]


def warnings(grant: Grant, output: str, *, complete: bool) -> Iterator[str]:
    """What a person should know of what is printed in that form.

    `complete`: all pods of the namespace were read.
    """
    shared = grant.account == "default" and grant.roles == ROLES
    if shared and not complete and output != "helm":
        yield (
            f"{grant.whose} is that of all pods which name none, and what another run prints "
            "for it replaces this Role: name one in the pods, read all of them in one run, or "
            "give --role-prefix"
        )
    if grant.managed_by:
        values = ", ".join(grant.managed_by)
        yield (
            f"{grant.whose}: the chart's guard must know JASM_MANAGED_BY {values} "
            "(guard.managedBy), and then takes Secrets with that label for JASM's in every "
            "namespace: be sure that nothing else marks Secrets so"
        )
    if grant.evicts:
        yield (
            f"{grant.whose} may evict pods, and RBAC cannot say which: JASM's guard holds each "
            "pod to itself, and without it a stolen token can evict every pod of the namespace"
        )
    for value, names in grant.marks.items():
        yield (
            f"{grant.whose}: the chart's guard must allow {', '.join(names)} (guard.{value}), "
            "which its entries put onto Secrets: with a stolen pod token one can write them, too, "
            "so be sure that nothing acts upon them"
        )


def _marks(secrets: Iterable[RequestedSecret]) -> dict[str, list[str]]:
    every = list(secrets)
    labels = {name for secret in every for name in secret.labels}
    annotations = {name for secret in every for name in secret.annotations}
    named = {"allowedLabels": sorted(labels), "allowedAnnotations": sorted(annotations)}
    return {name: found for name, found in named.items() if found}


def chart_values(found: Collection[Grant]) -> JsonObject:
    """The chart's values by which it makes the Roles, and by which its guard knows their Secrets.

    Of `jasm-sync` in the Roles it needs not be told.
    """
    items = [
        {
            "namespace": grant.namespace,
            "serviceAccounts": [grant.account],
            "secretNames": grant.secret_names,
            **({"evict": True} if grant.evicts else {}),
        }
        for grant in found
    ]
    values = sorted({value for grant in found for value in grant.managed_by})
    told = {"managedBy": values} if values else {}
    told |= _marks(secret for grant in found for secret in grant.secrets)
    return {"rbac": {"namespaces": items}, **({"guard": told} if told else {})}
