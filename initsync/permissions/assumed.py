"""Roles that the pods' own one assumes for an entry: what both sides must allow. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from initsync.permissions import iam
from initsync.permissions.iam import AwsScope
from initsync.permissions.requested import RequestedSecret
from initsync.providers.aws import endpoints, fields
from initsync.words.model import JsonObject


class Assumed(NamedTuple):
    """A role that a pod's own role assumes, with what that one must be allowed."""

    arn: str
    policies: tuple[JsonObject, ...]
    """What it must be allowed, for the entries that name it."""
    trust: JsonObject | None
    """A statement of its trust policy; None where the pods' own role is not known."""

    def as_object(self) -> JsonObject:
        """The other side's part, to be read by people and programs."""
        trust = {"trustPolicyStatement": self.trust} if self.trust else {}
        return {**trust, "permissionsPolicies": list(self.policies)}


def role_of(secret: RequestedSecret) -> str:
    """The ARN of the role that the entry names; empty for the pods' own."""
    return dict(secret.options).get(fields.ROLE, "")


def failover(secret: RequestedSecret, env: Mapping[str, str]) -> str:
    """The region that is asked where the first does not answer; empty where none is."""
    platforms = env.get(endpoints.FAILOVER_VARIABLE, "")
    return dict(secret.options).get(fields.FAILOVER, "") or platforms


def scope(arn: str, place: AwsScope) -> AwsScope:
    """Where what is named without an ARN is, for a role of that ARN."""
    return place._replace(account=arn.split(":")[4])


def warnings(found: Assumed) -> Iterator[str]:
    """What a person should know of it."""
    owner = f"{found.arn} must be allowed what it reads (assumedRoles)"
    if found.trust:
        yield f"{owner}, and its trust policy must have the statement there"
    else:
        yield f"{owner}, and its trust policy must name the pods' own role"


def actions(kind: str) -> list[str]:
    """What the pods' own role does to be another one.

    Pod Identity's session tags go along with it, which needs a permission of its own.
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
    """
    return ["sts:AssumeRole"] if kind == "irsa" else ["sts:AssumeRole", "sts:TagSession"]


def permission(arns: Collection[str], kind: str) -> list[JsonObject]:
    """The statement by which the pods' own role may assume the others."""
    return [iam.allow("AssumeRoles", actions(kind), arns)] if arns else []


def trust(own: str, secrets: Iterable[RequestedSecret], kind: str) -> JsonObject:
    """The other side's, where the pods' own role has the ARN `own`."""
    told = {dict(secret.options).get(fields.EXTERNAL_ID, "") for secret in secrets}
    condition = {"StringEquals": {"sts:ExternalId": sorted(told)}}
    return {
        "Effect": "Allow",
        "Principal": {"AWS": own},
        "Action": actions(kind),
        **({} if "" in told else {"Condition": condition}),
    }
