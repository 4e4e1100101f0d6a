"""Kubernetes objects that the cluster's administrator applies, and the paths they live at."""

from collections.abc import Mapping, Sequence

from initsync.words import keys
from initsync.words.model import JsonObject

WEBHOOK = "injector.jasm.codnod.io"
# The same as in deploy/manifests/mutatingwebhookconfiguration.yaml; a test compares them.
ASKS = f"object.metadata.?annotations[?'{keys.ANNOTATION}'].hasValue()"
NOT_OPTED_OUT = f"object.metadata.?annotations[?'{keys.INJECT}'].orValue('') != 'false'"
NOT_INJECTED = (
    f"!object.spec.?initContainers.orValue([]).exists(c, c.name == '{keys.CONTAINER}' "
    f"|| c.name == '{keys.WAITER}' "
    f"&& object.metadata.annotations[?'{keys.MODE}'].orValue('') == '{keys.WAIT}')"
)

_CLUSTER_WIDE = {
    "CustomResourceDefinition",
    "Namespace",
    "Node",
    "ClusterRole",
    "ClusterRoleBinding",
    "SubjectAccessReview",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}


def collection(manifest: JsonObject) -> str:
    """The URL path at which objects of its kind are created, in its namespace."""
    version, kind = manifest["apiVersion"], manifest["kind"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    namespace = manifest.get("metadata", {}).get("namespace", "default")
    within = "" if kind in _CLUSTER_WIDE else f"/namespaces/{namespace}"
    return f"{root}{within}/{_plural(kind.lower())}"


def path(manifest: JsonObject) -> str:
    """The object's own URL path."""
    return f"{collection(manifest)}/{manifest['metadata']['name']}"


def _plural(kind: str) -> str:
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


def namespace(name: str, labels: Mapping[str, str]) -> JsonObject:
    """The manifest of a Namespace."""
    return _object("v1", "Namespace", None, name) | {
        "metadata": {"name": name, "labels": dict(labels)}
    }


def service_account(namespace: str, name: str) -> JsonObject:
    """The manifest of a ServiceAccount."""
    return _object("v1", "ServiceAccount", namespace, name)


def config_map(namespace: str, name: str, data: Mapping[str, str]) -> JsonObject:
    """The manifest of a ConfigMap."""
    return _object("v1", "ConfigMap", namespace, name) | {"data": dict(data)}


def role(
    namespace: str, name: str, service_account: str, rules: Sequence[JsonObject]
) -> list[JsonObject]:
    """A Role of `rules`, and its binding to one ServiceAccount of the namespace."""
    group = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": service_account, "namespace": namespace}
    return [
        _object(f"{group}/v1", "Role", namespace, name) | {"rules": list(rules)},
        _object(f"{group}/v1", "RoleBinding", namespace, name)
        | {
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
            "subjects": [subject],
        },
    ]


def token_request(audience: str | None, pod: JsonObject | None, seconds: int) -> JsonObject:
    """The body of a POST to a ServiceAccount's `token`."""
    spec: JsonObject = {"expirationSeconds": seconds}
    if audience:
        spec["audiences"] = [audience]
    if pod:
        metadata = pod["metadata"]
        bound = {"kind": "Pod", "apiVersion": "v1"}
        spec["boundObjectRef"] = bound | {"name": metadata["name"], "uid": metadata["uid"]}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}


def access_review(user: str, namespace: str, verb: str, resource: str, name: str) -> JsonObject:
    """A question to the authoriser: may `user` do that to a resource, such as `jobs.batch`?"""
    plural, _, group = resource.partition(".")
    asked = {"namespace": namespace, "verb": verb, "resource": plural, "name": name}
    asked["group"] = group
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": ["system:serviceaccounts"], "resourceAttributes": asked},
    }


def pod(namespace: str, name: str, annotations: Mapping[str, str] | None = None) -> JsonObject:
    """A Pod of one container."""
    container = {"name": "app", "image": "registry.invalid/app:1"}
    manifest = _object("v1", "Pod", namespace, name) | {"spec": {"containers": [container]}}
    manifest["metadata"]["annotations"] = dict(annotations or {})
    return manifest


def webhook_configuration(client: JsonObject) -> JsonObject:
    """The injector's registration by D21, with its address and CA in `client`."""
    conditions = {
        "asks-for-a-secret": ASKS,
        "not-opted-out": NOT_OPTED_OUT,
        "not-injected-yet": NOT_INJECTED,
    }
    last = _webhook(WEBHOOK, client, conditions) | {"timeoutSeconds": 3}
    tries = [
        last | {"name": f"{name}.{WEBHOOK}", "failurePolicy": "Ignore", "timeoutSeconds": 1}
        for name in ("first", "second")
    ]
    return _registration("jasm-injector", [*tries, last])


def refusing_webhook(name: str) -> JsonObject:
    """A registration that refuses the pod of that name: nothing listens at its address."""
    conditions = {"by-name": f"object.metadata.name == '{name}'"}
    client = {"url": "https://127.0.0.1:1/"}
    return _registration(name, [_webhook(f"{name}.jasm.codnod.io", client, conditions)])


def _webhook(name: str, client: JsonObject, conditions: Mapping[str, str]) -> JsonObject:
    pods = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"]}
    return {
        "name": name,
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "reinvocationPolicy": "IfNeeded",
        "timeoutSeconds": 5,
        "clientConfig": client,
        "rules": [pods | {"resources": ["pods"], "scope": "Namespaced"}],
        "matchConditions": [
            {"name": condition, "expression": expression}
            for condition, expression in conditions.items()
        ],
    }


def _registration(name: str, webhooks: list[JsonObject]) -> JsonObject:
    group = "admissionregistration.k8s.io/v1"
    return _object(group, "MutatingWebhookConfiguration", None, name) | {"webhooks": webhooks}


def _object(version: str, kind: str, namespace: str | None, name: str) -> JsonObject:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata}
