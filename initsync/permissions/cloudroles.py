"""What a ServiceAccount must be allowed in AWS so that its pods sync, and no more. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from initsync.permissions import assumed, iam, parameters, stores
from initsync.permissions.assumed import Assumed
from initsync.permissions.iam import AwsScope
from initsync.permissions.names import within
from initsync.permissions.permits import Permit
from initsync.permissions.stores import Allowed
from initsync.permissions.wishes import Wish
from initsync.providers.aws import paths as awspaths
from initsync.words.model import JsonObject

_PARAMETERS, _SECRETS = "aws-parameter-store", "aws-secretsmanager"
_STATEMENTS = {_PARAMETERS: parameters.statements, _SECRETS: iam.statements}
"""By provider, what IAM must allow who fetches paths from it; a provider without has no line."""
TRUSTS = ("pod-identity", "irsa", "none")
_NAME_LIMIT = 64


class Trust(NamedTuple):
    """How pods become their role."""

    kind: str
    """One of TRUSTS; `none`: by one that is there already, so that none is to be made."""
    issuer: str = ""
    """Of IRSA: the OIDC issuer, a URL without its scheme."""
    cluster: str = ""
    """Of Pod Identity: the EKS cluster's name; any cluster's where empty."""
    audience: str = iam.AUDIENCE
    """Of IRSA: the tokens'."""

    def annotations(self, role_arn: str) -> dict[str, str]:
        """What the ServiceAccount then says."""
        if self.kind != "irsa":
            return {}
        other = self.audience != iam.AUDIENCE
        said = {iam.AUDIENCE_ANNOTATION: self.audience} if other else {}
        return {iam.ROLE_ANNOTATION: role_arn, **said}


class CloudRole(NamedTuple):
    """The IAM role of one ServiceAccount."""

    permit: Permit
    name: str
    """Kubernetes' names have no `_`, so no two ServiceAccounts have the same."""
    arn: str
    policies: tuple[JsonObject, ...]
    trust: JsonObject | None
    shared: dict[str, JsonObject]
    """By the ARN of a secret in another account the policy that its owner puts on it."""
    stores: tuple[Allowed, ...] = ()
    """What stores other than AWS must allow."""
    assumed: tuple[Assumed, ...] = ()
    """Roles that it assumes."""


def cloud_role(
    permit: Permit, place: AwsScope, trust: Trust, prefix: str, env: Mapping[str, str] | None = None
) -> CloudRole:
    """The ServiceAccount's; `prefix` is what its name begins with, `env` as of `stores.Store`."""
    name = within(f"{prefix}_{permit.namespace}_{permit.account}", _NAME_LIMIT)
    arn = place.arn("iam", f"role/{name}")
    trusted = _trust(trust, place, permit) if paths(permit) else None
    shared = {found: iam.resource_policy(arn) for found in foreign(permit, place) if trusted}
    env = env or {}
    by_role = _by_role(permit)
    reads = _statements(by_role.pop("", []), place, env)
    policies = tuple(iam.policies([*reads, *assumed.permission(by_role, trust.kind)]))
    others = tuple(stores.of(permit, env))
    found = tuple(
        Assumed(
            other,
            tuple(iam.policies(_statements(wishes, assumed.scope(other, place), env))),
            assumed.trust(arn, wishes, trust.kind) if trusted else None,
        )
        for other, wishes in by_role.items()
    )
    return CloudRole(permit, name, arn, policies, trusted, shared, others, found)


def paths(permit: Permit, *providers: str) -> list[str]:
    """What AWS is asked for by these providers, or by any, sorted."""
    asked = providers or _STATEMENTS
    return sorted({wish.path for wish in permit.wishes if wish.provider in asked})


def foreign(permit: Permit, place: AwsScope) -> list[str]:
    """The ARNs of secrets in other accounts, which must share them with the pods' own role."""
    arns = {iam.secret(path, place) for path in _own(permit, _SECRETS)}
    return sorted(arn for arn in arns if iam.foreign(arn, place))


def _foreign_parameters(permit: Permit, place: AwsScope) -> list[str]:
    arns = {parameters.arn(path, place) for path in _own(permit, _PARAMETERS)}
    return sorted(arn for arn in arns if iam.foreign(arn, place))


def _own(permit: Permit, provider: str) -> list[str]:
    """What the pods' own role reads from it."""
    return [it.path for it in _by_role(permit).get("", []) if it.provider == provider]


def _by_role(permit: Permit) -> dict[str, list[Wish]]:
    """What is read in AWS, by the ARN of the role that reads it: empty for the pods' own."""
    found: dict[str, list[Wish]] = {}
    for wish in sorted(permit.wishes, key=assumed.role_of):
        if wish.provider in _STATEMENTS:
            found.setdefault(assumed.role_of(wish), []).append(wish)
    return found


def warnings(role: CloudRole, place: AwsScope, trust: Trust, output: str) -> Iterator[str]:
    """What a person should know of what is printed in that form."""
    permit, whose = role.permit, role.permit.whose
    for provider in sorted(stores.unknown(permit) - _STATEMENTS.keys()):
        yield f"{whose}: {provider} has no permissions to print: see what its store must allow"
    yield from (f"{whose}: {said}" for store in role.stores for said in store.warnings)
    if len(role.policies) > iam.POLICIES_LIMIT:
        have = f"{len(role.policies)} policies of {iam.POLICY_LIMIT} characters"
        yield f"{whose} needs {have}, and a role takes {iam.POLICIES_LIMIT} by default"
    for path in filter(iam.doubtful, paths(permit)):
        tail = "if its last six are of the name, give the secret's complete ARN"
        yield f"{whose}: {path} is taken for complete: {tail}"
    yield from (f"{whose}: {said}" for it in role.assumed for said in assumed.warnings(it))
    named = paths(permit, _SECRETS)
    keyed = {iam.secret(path, place) for path in named if iam.key_of(path, place)}
    for arn in foreign(permit, place):
        key = "" if arn in keyed else "; its KMS key, too: name that by --kms-key"
        yield f"{whose}: {arn} is in another account, which must share it (resourcePolicies){key}"
    for arn in _foreign_parameters(permit, place):
        yield f"{whose}: {arn} is in another account, which must share it by AWS RAM"
    if output == "terraform" and role.trust and trust.kind == "pod-identity" and not trust.cluster:
        yield f"{whose}: its Pod Identity association is yours to make, or name --cluster"


def as_object(role: CloudRole, trust: Trust) -> JsonObject:
    """All that a ServiceAccount must be allowed, to be read by people and programs."""
    permit = role.permit
    objects = dict(zip(("role", "roleBinding"), permit.objects(), strict=True))
    told = ({"managedBy": permit.managed_by} if permit.managed_by else {}) | permit.marks
    guard = {"guard": told} if told else {}
    return {
        "namespace": permit.namespace,
        "serviceAccount": permit.account,
        "secrets": [_wish(wish) for wish in permit.wishes],
        **({"aws": _aws(role, trust)} if role.policies else {}),
        **{store.name: store.objects for store in role.stores},
        "kubernetes": objects | guard,
    }


def _statements(
    wishes: Iterable[Wish], place: AwsScope, env: Mapping[str, str]
) -> list[JsonObject]:
    """What is read, in the failover region, too."""
    asked: dict[tuple[str, str], set[str]] = {}
    for wish in wishes:
        asked.setdefault((wish.provider, place.region), set()).add(wish.path)
        if region := assumed.failover(wish, env):
            moved = asked.setdefault((wish.provider, region), set())
            moved.add(awspaths.in_region(wish.path, region))
    return iam.merged(
        statement
        for (provider, region), named in sorted(asked.items())
        for statement in _STATEMENTS[provider](named, place._replace(region=region))
    )


def _trust(trust: Trust, place: AwsScope, permit: Permit) -> JsonObject | None:
    whose = (permit.namespace, permit.account)
    if trust.kind == "irsa":
        return iam.irsa_trust(place, trust.issuer, *whose, trust.audience)
    return iam.pod_identity_trust(trust.cluster, *whose) if trust.kind == "pod-identity" else None


def _aws(role: CloudRole, trust: Trust) -> JsonObject:
    return {
        **(_role(role, trust) if role.trust else {}),
        "permissionsPolicies": list(role.policies),
        **({"resourcePolicies": role.shared} if role.shared else {}),
        **(
            {"assumedRoles": {it.arn: it.as_object() for it in role.assumed}}
            if role.assumed
            else {}
        ),
    }


def _role(role: CloudRole, trust: Trust) -> JsonObject:
    annotations = trust.annotations(role.arn)
    said = {"serviceAccountAnnotations": annotations} if annotations else {}
    return {"roleName": role.name, "roleArn": role.arn, **said, "trustPolicy": role.trust}


def _wish(wish: Wish) -> JsonObject:
    label = {"managedBy": wish.managed_by} if wish.managed_by else {}
    source = {"provider": wish.provider, "path": wish.path}
    return {"secretName": wish.secret_name, **source, **label}
