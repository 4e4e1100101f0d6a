"""May this user do that: Roles and RoleBindings, read as the RBAC authoriser reads them. Pure.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from collections.abc import Iterable
from typing import NamedTuple

from initsync.words.model import JsonObject
from initsync.words.rules import user_name

MASTERS = "system:masters"


class User(NamedTuple):
    """The user who makes a request."""

    name: str
    groups: tuple[str, ...] = ()


ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


class Attributes(NamedTuple):
    """The attributes of a request that RBAC decides by."""

    verb: str
    group: str
    resource: str
    """The resource with its subresource, such as `serviceaccounts/token`."""
    namespace: str
    name: str

    def refusal(self, user: User) -> str:
        """The sentence by which RBAC refuses the user."""
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        return (
            f'User "{user.name}" cannot {self.verb} resource "{self.resource}" '
            f'in API group "{self.group}" {where}'
        )


def allowed(
    user: User,
    asked: Attributes,
    roles: Iterable[JsonObject],
    bindings: Iterable[JsonObject],
) -> bool:
    """Whether a Role among the namespace's `roles` is bound to `user` and allows it."""
    if MASTERS in user.groups:
        return True
    bound = {
        binding["roleRef"]["name"]
        for binding in bindings
        if any(_is(subject, user) for subject in binding.get("subjects") or [])
    }
    return any(
        _allows(rule, asked)
        for role in roles
        if role["metadata"]["name"] in bound
        for rule in role.get("rules") or []
    )


def _is(subject: JsonObject, user: User) -> bool:
    match subject["kind"]:
        case "ServiceAccount":
            return user.name == user_name(subject["namespace"], subject["name"])
        case "Group":
            return subject["name"] in user.groups
    return bool(subject["name"] == user.name)


def _allows(rule: JsonObject, asked: Attributes) -> bool:
    names = rule.get("resourceNames")
    return (
        _lists(rule["verbs"], asked.verb)
        and _lists(rule["apiGroups"], asked.group)
        and _lists(rule["resources"], asked.resource)
        and (not names or asked.name in names)
    )


def _lists(values: list[str], value: str) -> bool:
    return "*" in values or value in values
