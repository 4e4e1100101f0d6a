"""What IAM must allow for reading secrets, and whom it is to trust: policy documents. Pure.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from initsync.providers.aws import endpoints, paths
from initsync.words.errors import InvalidSetup
from initsync.words.model import JsonObject
from initsync.words.rules import user_name
from initsync.words.wording import shown

POLICY_LIMIT = 6144
"""Characters of a managed policy, white space not counted.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
POLICIES_LIMIT = 10
"""Managed policies of one role, unless AWS raises the account's quota; likewise."""
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
"""The annotation of a ServiceAccount that names its role, for IRSA."""
AUDIENCE_ANNOTATION = "eks.amazonaws.com/audience"
"""The annotation of a ServiceAccount that names its token's audience, if not AUDIENCE."""
AUDIENCE = "sts.amazonaws.com"

# Of a secret's ARN: a dash and six characters that Secrets Manager chooses. Each `?` is one
# character, so the pattern fits the tail and no longer name.
_TAIL = "-??????"
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html, PolicyDocument
_IN_POLICIES = re.compile(r"[ -\u00ff]+")
# Such as `-secret` and `-202401`, which people choose; of a hundred tails that Secrets Manager
# chose one is like that.
_CHOSEN = re.compile(r"-([a-z]{6}|[A-Z]{6}|[0-9]{6})$")
_KEY = re.compile(r"arn:[-a-z0-9]+:kms:([-a-z0-9]+):[0-9]{12}:key/[A-Za-z0-9-]+")


class AwsScope(NamedTuple):
    """Where the secrets are that are named without an ARN, and who encrypts which."""

    account: str
    """The AWS account of the role, twelve digits."""
    region: str
    keys: Mapping[str, str] = {}
    """The ARN of a KMS key by path; by the empty path that of all others in its region."""

    @property
    def partition(self) -> str:
        """The partition of the region, as ARNs name it."""
        return endpoints.partition(self.region).name

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of the account that has no region."""
        return f"arn:{self.partition}:{service}::{self.account}:{resource}"


def secret(path: str, place: AwsScope) -> str:
    """The ARN that fits the secret at `path` and no other.

    A full ARN that ends in a dash and six characters is taken for complete, as it is: that AWS
    advises against names that end so. Raises InvalidSetup for a path that no policy can name.
    """
    named = literal(path)
    if not paths.is_arn(path):
        where = f"{place.partition}:secretsmanager:{place.region}:{place.account}"
        return f"arn:{where}:secret:{named}{_TAIL}"
    return named if paths.tail(path) else named + _TAIL


def literal(path: str) -> str:
    """`path` as an element of a policy that means itself only.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
    """
    if not path.isascii() and not _IN_POLICIES.fullmatch(path):
        problem = f"no policy of IAM can name {shown(path)}: it has characters beyond U+00FF"
        raise InvalidSetup(problem, "give the secret another name")
    return re.sub(r"[*?$]", r"${\g<0>}", path)


def doubtful(path: str) -> bool:
    """Whether an ARN that is taken for complete may be a name's that ends so, without its tail."""
    return paths.is_arn(path) and bool(_CHOSEN.search(path))


def home(arn: str) -> tuple[str, str]:
    """Partition and region: a secret and its key have the same."""
    partition, _, region = arn.split(":")[1:4]
    return partition, region


def home_of(path: str, place: AwsScope) -> tuple[str, str]:
    """The partition and region of a secret: those of its ARN, or those of `place`."""
    region = paths.region(path)
    return (path.split(":")[1], region) if region else (place.partition, place.region)


def foreign(arn: str, place: AwsScope) -> bool:
    """Whether the secret is in another account, which then must allow the role, too."""
    return arn.split(":")[4] != place.account


def key_problem(arn: str) -> str | None:
    """Why it is not the ARN of a KMS key, as "must …", or None."""
    if _KEY.fullmatch(arn):
        return None
    return (
        "must be a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID: for the use of a key IAM "
        "knows neither aliases nor bare IDs"
    )


def key_of(path: str, place: AwsScope) -> str | None:
    """The ARN of the KMS key that encrypts what is at `path`, if it is said."""
    if path in place.keys:
        return place.keys[path]
    every = place.keys.get("")
    return every if every and home(every) == home_of(path, place) else None


def statements(paths: Collection[str], place: AwsScope) -> list[JsonObject]:
    """What a role must be allowed that fetches `paths`, and no more."""
    arns = [secret(path, place) for path in paths]
    read = allow("ReadSecrets", "secretsmanager:GetSecretValue", arns)
    return [read, *decrypt("DecryptSecretsIn", "secretsmanager", paths, place)]


def decrypt(name: str, service: str, paths: Collection[str], place: AwsScope) -> list[JsonObject]:
    """What it must be allowed of the keys that are said, through that service only: by region."""
    found = []
    keys = {key for path in paths if (key := key_of(path, place))}
    for region in sorted({_region(key) for key in keys}):
        where = "".join(part.capitalize() for part in region.split("-"))
        here = [key for key in keys if _region(key) == region]
        condition = {"StringEquals": {"kms:ViaService": _via(service, region)}}
        found.append(allow(name + where, "kms:Decrypt", here) | {"Condition": condition})
    return found


def policies(wanted: Iterable[JsonObject], limit: int = POLICY_LIMIT) -> list[JsonObject]:
    """Documents of these statements, as few as fit into managed policies one after the other."""
    done: list[JsonObject] = []
    current: list[JsonObject] = []
    for statement, resource in _parts(wanted):
        larger = _with(current, statement, resource)
        if current and _size(_document(larger)) > limit:
            done.append(_document(current))
            larger = _with([], statement, resource)
        current = larger
    return [*done, _document(current)] if current else done


def irsa_trust(
    place: AwsScope, issuer: str, namespace: str, account: str, audience: str = AUDIENCE
) -> JsonObject:
    """Trusts a ServiceAccount by a cluster's OIDC issuer (a URL without its scheme).

    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    """
    subject = user_name(namespace, account)
    said = {f"{issuer}:aud": audience, f"{issuer}:sub": subject}
    return _document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": place.arn("iam", f"oidc-provider/{issuer}")},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": said},
            }
        ]
    )


def pod_identity_trust(cluster: str, namespace: str, account: str) -> JsonObject:
    """Trusts a ServiceAccount by EKS Pod Identity; of any cluster where its name is empty.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """
    tags = {"kubernetes-namespace": namespace, "kubernetes-service-account": account}
    tags |= {"eks-cluster-name": cluster} if cluster else {}
    said = {f"aws:RequestTag/{name}": value for name, value in sorted(tags.items())}
    return _document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": {"StringEquals": said},
            }
        ]
    )


def resource_policy(role: str) -> JsonObject:
    """What the owner of a secret in another account puts on it, for the role of this ARN.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
    """
    read = {"Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    named = {"Sid": "LetItsPodsRead", "Effect": "Allow", **read}
    return _document([named | {"Principal": {"AWS": role}}])


def merged(found: Iterable[JsonObject]) -> list[JsonObject]:
    """The same with one statement of a name, which a policy has once."""
    named: dict[str, JsonObject] = {}
    for one in found:
        known = named.setdefault(one["Sid"], one)
        both = sorted({*known["Resource"], *one["Resource"]})
        named[one["Sid"]] = known | {"Resource": both}
    return list(named.values())


def allow(name: str, action: str | list[str], resources: Iterable[str]) -> JsonObject:
    """A statement of an action on these, each once."""
    return {"Sid": name, "Effect": "Allow", "Action": action, "Resource": sorted({*resources})}


def _document(found: list[JsonObject]) -> JsonObject:
    return {"Version": "2012-10-17", "Statement": found}


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _via(service: str, region: str) -> list[str]:
    """The service as KMS names it; KMS documents only the first form, for every partition."""
    host = endpoints.base_url(service, region, {}).removeprefix("https://")
    return sorted({f"{service}.{region}.amazonaws.com", host})


def _parts(wanted: Iterable[JsonObject]) -> Iterator[tuple[JsonObject, str]]:
    for statement in wanted:
        for resource in statement["Resource"]:
            yield statement, resource


def _with(current: list[JsonObject], statement: JsonObject, resource: str) -> list[JsonObject]:
    if current and current[-1]["Sid"] == statement["Sid"]:
        more = [*current[-1]["Resource"], resource]
        return [*current[:-1], current[-1] | {"Resource": more}]
    return [*current, statement | {"Resource": [resource]}]


def _size(document: JsonObject) -> int:
    return len(json.dumps(document, separators=(",", ":")))
