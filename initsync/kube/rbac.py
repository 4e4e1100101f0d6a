"""The Role of a pod's ServiceAccount (D26) and the guard's marks in it (D27). Pure.

Everything that prints, renders or tests that Role takes its rules from here. RBAC knows no list of
verbs: the made-up ones give no access, and say to the guard whom it is for (docs/security.md).
https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from initsync.words.model import JsonObject

SYNC_VERB = "jasm-sync"
"""A verb on Secrets: a ServiceAccount that holds it is guarded when it writes them."""
BYPASS_VERB = "jasm-bypass"
"""A verb on Secrets: who holds it too is not guarded, such as who may do everything (`*`)."""
SECRET_VERBS = ("get", "create", "patch", SYNC_VERB)
EVENT_VERBS = ("create",)
EVICTION_VERBS = ("create", SYNC_VERB)
IN_WORDS = f"{', '.join(SECRET_VERBS)} on that Secret, {', '.join(EVENT_VERBS)} on events"


def rules(*names: str) -> list[JsonObject]:
    """What a sync of the Secrets of these names needs; without any, of all in the namespace.

    `create` by name works because JASM writes by server-side apply.
    """
    secrets: JsonObject = {"apiGroups": [""], "resources": ["secrets"]}
    if names:
        secrets["resourceNames"] = list(names)
    secrets["verbs"] = list(SECRET_VERBS)
    events = {"apiGroups": [""], "resources": ["events"], "verbs": list(EVENT_VERBS)}
    return [secrets, events]


def eviction() -> JsonObject:
    """What a pod that evicts itself needs beside. RBAC cannot say that it is for the pod alone that
    asks (D40): the guard does, and the mark tells it for whom.
    """
    verbs = [*EVICTION_VERBS]
    return {"apiGroups": [""], "resources": ["pods/eviction"], "verbs": verbs}


def role(name: str, namespace: str, *secrets: str, evicts: bool = False) -> JsonObject:
    """The Role by which a ServiceAccount may write the named Secrets."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": namespace},
        "rules": [*rules(*secrets), *([eviction()] if evicts else [])],
    }


def binding(name: str, namespace: str, account: str) -> JsonObject:
    """The RoleBinding of that Role to a ServiceAccount of its namespace."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }
