"""Who the pod is to AWS, by its spec and its ServiceAccount. Pure.

https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html
"""

import os.path
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from initsync.doctor.result import Result, Stored, Unread, failed, ok, skipped, warning
from initsync.kube import podfields
from initsync.permissions import iam
from initsync.providers.aws import container, endpoints
from initsync.providers.aws.credentials import ADVICE
from initsync.words import keys
from initsync.words.model import JsonObject

_ARN = re.compile(r"arn:[-a-z0-9]+:iam::(\d{12}):role/\S+")
_AGAIN = "delete the pod so that admission runs again"


class PodIdentity(NamedTuple):
    """The identity in AWS that stands in a pod, and that of its ServiceAccount."""

    env: Mapping[str, str]
    """The variables of `jasm-init`; references to elsewhere are empty."""
    account_role: str
    audience: str

    @property
    def role(self) -> str:
        """That the pod asks STS for; empty where it has none by IRSA."""
        return self.env.get("AWS_ROLE_ARN") or self.account_role

    @property
    def aws_account(self) -> str:
        """The AWS account of the role; empty where it is not known."""
        found = _ARN.fullmatch(self.role)
        return found.group(1) if found else ""

    def unlike(self, who: str) -> str:
        """Why that ARN cannot ask for the pod: it is of another account; empty where it can."""
        if not self.aws_account or f":{self.aws_account}:" in who:
            return ""
        account = f"the pod's role is of the AWS account {self.aws_account}"
        return f"{account} and you are not: --as-pod asks"


def identity_of(pod: JsonObject, account: Stored) -> PodIdentity:
    """The AWS identity of a pod; `account` is the pod's ServiceAccount."""
    there = account if isinstance(account, dict) else {"metadata": {}}
    marks = there["metadata"].get("annotations") or {}
    env = podfields.variables(_container(pod))
    audience = marks.get(iam.AUDIENCE_ANNOTATION) or iam.AUDIENCE
    return PodIdentity(env, marks.get(iam.ROLE_ANNOTATION, ""), audience)


def check(pod: JsonObject, account: Stored, paths: Iterable[str]) -> Iterator[Result]:
    """Where the pod's AWS identity comes from, and the regions that it would ask for `paths`."""
    ours, found = _container(pod), identity_of(pod, account)
    if not ours:
        yield skipped("identity", f"it comes with {keys.CONTAINER}, which the pod lacks")
        return
    if account is None:
        name = pod["spec"].get("serviceAccountName", "default")
        yield failed("identity", f"there is no ServiceAccount {name}", "create it")
        return
    env = found.env
    if "AWS_ACCESS_KEY_ID" in env:
        yield ok("identity", f"static keys in the environment of {keys.CONTAINER}")
    elif "AWS_ROLE_ARN" in env or "AWS_WEB_IDENTITY_TOKEN_FILE" in env:
        yield _irsa(pod, found)
    elif uri := env.get(container.FULL_URI) or env.get(container.RELATIVE_URI):
        yield _pod_identity(pod, env, uri)
    else:
        yield _none(found, account)
    if nowhere := [path for path in paths if not endpoints.region_of(path, env)]:
        which = "the path" if len(nowhere) == 1 else f"{len(nowhere)} of the paths"
        said = f"neither {which} nor the environment of {keys.CONTAINER} names a region"
        advice = f"set {endpoints.REGION_VARIABLES[0]} there, or give the secret's full ARN"
        yield failed("region", said, advice, 2)


def _irsa(pod: JsonObject, found: PodIdentity) -> Result:
    role, path = (
        found.env.get(name, "") for name in ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
    )
    if not role or not path:
        missing = "AWS_WEB_IDENTITY_TOKEN_FILE" if role else "AWS_ROLE_ARN"
        return failed("identity", f"IRSA: {keys.CONTAINER} lacks {missing}", _AGAIN, 4)
    if not _ARN.fullmatch(role):
        advice = f"correct {iam.ROLE_ANNOTATION} on the ServiceAccount, and {_AGAIN}"
        return failed("identity", f"IRSA: {role} is no ARN of a role", advice, 4)
    if not _mounted(pod, path):
        said = f"IRSA: no volume with a token is mounted at {path} in {keys.CONTAINER}"
        return failed("identity", said, _AGAIN, 4)
    if found.account_role not in ("", role):
        said = f"IRSA: the pod has the role {role}, its ServiceAccount has {found.account_role}"
        return warning("identity", said, f"if the latter is right, {_AGAIN}")
    return ok("identity", f"IRSA: role {role}, token at {path}")


def _pod_identity(pod: JsonObject, env: Mapping[str, str], uri: str) -> Result:
    path = env.get(container.TOKEN_FILE, "")
    if path and not _mounted(pod, path):
        said = f"EKS Pod Identity: no volume with a token is mounted at {path}"
        return failed("identity", said, _AGAIN, 4)
    return ok("identity", f"EKS Pod Identity or ECS: credentials from {uri}")


def _none(found: PodIdentity, account: Stored) -> Result:
    if found.account_role:
        said = (
            f"the ServiceAccount has the role {found.account_role}, but {keys.CONTAINER} does not"
        )
        advice = f"{_AGAIN}; if it stays so, AWS's pod-identity-webhook is not there or not reached"
        return failed("identity", said, advice, 4)
    unsure = (
        f" (the ServiceAccount was not read: {account.why})" if isinstance(account, Unread) else ""
    )
    return failed("identity", f"{keys.CONTAINER} has no AWS identity{unsure}", ADVICE, 4)


def _container(pod: JsonObject) -> Mapping[str, Any]:
    return podfields.ours(pod) or {}


def _mounted(pod: JsonObject, path: str) -> bool:
    """Whether a projected token is mounted there; what another volume holds is not known."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    for mount in _container(pod).get("volumeMounts") or []:
        at = mount["mountPath"].rstrip("/")
        if path == at or os.path.dirname(path).startswith(at):
            projected = (volumes.get(mount["name"]) or {}).get("projected")
            parts = (projected or {}).get("sources") or []
            return projected is None or any("serviceAccountToken" in part for part in parts)
    return False
