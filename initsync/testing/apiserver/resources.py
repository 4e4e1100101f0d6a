"""What the embedded API serves, and which of it a URL path means."""

from typing import NamedTuple


class Resource(NamedTuple):
    """A kind of object, and how URLs name it."""

    group: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """Group and version, as in manifests; every one served is v1."""
        return f"{self.group}/v1" if self.group else "v1"

    @property
    def qualified(self) -> str:
        """The name of the resource in messages, with its group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


PODS = Resource("", "pods", "Pod")
SECRETS = Resource("", "secrets", "Secret")
EVENTS = Resource("", "events", "Event")
NAMESPACES = Resource("", "namespaces", "Namespace", namespaced=False)
SERVICE_ACCOUNTS = Resource("", "serviceaccounts", "ServiceAccount")
ROLES = Resource("rbac.authorization.k8s.io", "roles", "Role")
ROLE_BINDINGS = Resource("rbac.authorization.k8s.io", "rolebindings", "RoleBinding")
WEBHOOKS = Resource(
    "admissionregistration.k8s.io",
    "mutatingwebhookconfigurations",
    "MutatingWebhookConfiguration",
    namespaced=False,
)
_AUTHORIZATION = "authorization.k8s.io"
ACCESS_REVIEWS = Resource(
    _AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview", namespaced=False
)
SELF_REVIEWS = Resource(
    _AUTHORIZATION, "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
TOKEN_REVIEWS = Resource("authentication.k8s.io", "tokenreviews", "TokenReview", namespaced=False)
# Kept and listed, and nobody acts on them: there are no controllers.
_WITHOUT_CONTROLLERS = (
    Resource("", "replicationcontrollers", "ReplicationController"),
    Resource("apps", "deployments", "Deployment"),
    Resource("apps", "replicasets", "ReplicaSet"),
    Resource("apps", "statefulsets", "StatefulSet"),
    Resource("apps", "daemonsets", "DaemonSet"),
    Resource("batch", "jobs", "Job"),
    Resource("batch", "cronjobs", "CronJob"),
    Resource("networking.k8s.io", "ingresses", "Ingress"),
)
_SERVED = {
    (resource.group, resource.plural): resource
    for resource in [
        PODS,
        SECRETS,
        EVENTS,
        NAMESPACES,
        SERVICE_ACCOUNTS,
        ROLES,
        ROLE_BINDINGS,
        WEBHOOKS,
        ACCESS_REVIEWS,
        SELF_REVIEWS,
        TOKEN_REVIEWS,
        Resource("", "configmaps", "ConfigMap"),
        *_WITHOUT_CONTROLLERS,
    ]
}
_GROUPS = {group for group, _ in _SERVED}


def served(group: str | None) -> list[Resource]:
    """The resources of an API group, the core's being empty; None: all."""
    return [it for it in _SERVED.values() if group in (None, it.group)]


class Target(NamedTuple):
    """What a path means; empty strings for what it leaves out."""

    group: str
    plural: str
    namespace: str
    name: str
    subresource: str

    @property
    def resource(self) -> Resource | None:
        """Its row of the table, if it is served."""
        return _SERVED.get((self.group, self.plural))

    @property
    def attribute(self) -> str:
        """The resource as RBAC and the audit log name it."""
        return "/".join(filter(None, (self.plural, self.subresource)))


def target(path: str) -> Target | None:
    """The target of a URL path without its query; None outside the served API groups."""
    match path.strip("/").split("/"):
        case ["api", "v1", *rest]:
            return _within("", rest)
        case ["apis", group, "v1", *rest] if group in _GROUPS:
            return _within(group, rest)
    return None


def _within(group: str, parts: list[str]) -> Target | None:
    namespace = ""
    if parts[:1] == ["namespaces"] and len(parts) > 1:
        namespace = parts[1]  # a Namespace's own requests count as inside it
        parts = parts[2:] if len(parts) > 2 else parts
    if not parts or len(parts) > 3:
        return None
    plural, name, subresource = (*parts, "", "")[:3]
    return Target(group, plural, namespace, name, subresource)
