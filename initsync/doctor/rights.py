"""Whether the pod's ServiceAccount may do what a sync does: asked of the API server's authoriser.

https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from collections.abc import Iterator
from typing import NamedTuple

from initsync.doctor.result import Result, Unread, attempt, failed, ok, skipped, warning
from initsync.kube import rbac
from initsync.kube.api import Resource
from initsync.kube.reads import Reads
from initsync.words.errors import ClusterForbidden
from initsync.words.model import JsonObject
from initsync.words.rules import user_name

_GROUP = "authorization.k8s.io"
_SUBJECT = Resource(_GROUP, "subjectaccessreviews")
_LOCAL = Resource(_GROUP, "localsubjectaccessreviews")
_SELF = Resource(_GROUP, "selfsubjectaccessreviews")
_KINDS = {
    _SUBJECT.plural: "SubjectAccessReview",
    _LOCAL.plural: "LocalSubjectAccessReview",
    _SELF.plural: "SelfSubjectAccessReview",
}


class Target(NamedTuple):
    """The ServiceAccount that writes a Secret, and the Secret's name."""

    namespace: str
    account: str
    secret: str
    evicts: bool = False
    """Whether the pod evicts itself once a sync has found another value."""

    @property
    def user(self) -> str:
        """As RBAC knows the ServiceAccount."""
        return user_name(self.namespace, self.account)


class Answers(NamedTuple):
    """What the API server's authoriser answered."""

    of_caller: bool
    """It was asked for whoever runs the doctor, who may not ask for others."""
    denied: list[str]
    """The rights that are missing, such as `patch` on the Secret, `create events`."""


def asked(reads: Reads, target: Target) -> Answers | Unread:
    """Ask for the ServiceAccount where the caller may, else for the caller."""
    for resource in (_SUBJECT, _LOCAL):
        try:
            return Answers(False, list(_denied(reads, resource, target)))
        except ClusterForbidden:
            continue
    return attempt(lambda: Answers(True, list(_denied(reads, _SELF, target))))


def _denied(reads: Reads, resource: Resource, target: Target) -> Iterator[str]:
    wanted = [("secrets", verb, target.secret) for verb in rbac.SECRET_VERBS]
    wanted += [("events", verb, "") for verb in rbac.EVENT_VERBS]
    if target.evicts:
        wanted.append(("pods/eviction", "create", ""))
    for plural, verb, name in wanted:
        review = _review(resource, target, plural, verb, name)
        namespace = target.namespace if resource == _LOCAL else ""
        answer = reads.create(resource, namespace, review)
        if not answer["status"].get("allowed"):
            yield verb if plural == "secrets" else f"{verb} {plural}"


def _review(resource: Resource, target: Target, plural: str, verb: str, name: str) -> JsonObject:
    resource_name, _, part = plural.partition("/")
    attributes = {"namespace": target.namespace, "resource": resource_name, "verb": verb}
    attributes |= {"subresource": part, "name": name}
    spec: JsonObject = {"resourceAttributes": attributes}
    if resource != _SELF:
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{target.namespace}"]
        spec |= {"user": target.user, "groups": [*groups, "system:authenticated"]}
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": _KINDS[resource.plural],
        "metadata": {"namespace": target.namespace} if resource == _LOCAL else {},
        "spec": spec,
    }


def check(answers: Answers | Unread, target: Target) -> Result:
    """The Role of the ServiceAccount; of the caller's own rights nothing follows for it."""
    if isinstance(answers, Unread):
        return answers.result("rights")
    secret, denied = f"Secret {target.namespace}/{target.secret}", ", ".join(answers.denied)
    if answers.of_caller:
        may = f"lack {denied}" if denied else "have them all"
        why = "asking for the ServiceAccount needs `create` on localsubjectaccessreviews"
        group = f"{_GROUP} in namespace {target.namespace}"
        return skipped("rights", f"{why}.{group}; of the rights on {secret} you yourself {may}")
    if answers.denied == [rbac.SYNC_VERB]:
        said = f"{target.user} may write {secret}, but its Role lacks the verb {rbac.SYNC_VERB}"
        return warning("rights", f"{said}, so JASM's guard does not hold it", _advice(target))
    if denied:
        said = f"{target.user} may not do this with {secret}: {denied}"
        return failed("rights", said, _advice(target))
    return ok("rights", f"{target.user} may write {secret}, and Events")


def _advice(target: Target) -> str:
    return f"apply what initsync policy -n {target.namespace} -o kubernetes prints: {rbac.IN_WORDS}"
