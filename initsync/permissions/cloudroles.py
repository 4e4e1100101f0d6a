"""What a ServiceAccount must be allowed in AWS so that its pods sync, and no more. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from initsync.permissions import assumed, iam, parameters, stores
from initsync.permissions.assumed import Assumed
from initsync.permissions.grants import Grant
from initsync.permissions.iam import AwsScope
from initsync.permissions.names import within
from initsync.permissions.requested import RequestedSecret
from initsync.permissions.stores import Allowed
from initsync.providers.aws import paths as awspaths
from initsync.words.model import JsonObject

_PARAMETERS, _SECRETS = "aws-parameter-store", "aws-secretsmanager"
_STATEMENTS = {_PARAMETERS: parameters.statements, _SECRETS: iam.statements}
"""For each of AWS's providers what IAM must allow who fetches paths from it."""
TRUSTS = ("pod-identity", "irsa", "none")
_NAME_LIMIT = 64


class Trust(NamedTuple):
    """How pods become their role."""

    kind: str
    """One of TRUSTS; `none`: by one that is there already, so that none is to be made."""
    issuer: str = ""
    """The cluster's OIDC issuer for IRSA, a URL without its scheme."""
    cluster: str = ""
    """The EKS cluster's name for Pod Identity; empty: any cluster."""
    audience: str = iam.AUDIENCE
    """The audience of the ServiceAccounts' tokens, for IRSA."""

    def annotations(self, role_arn: str) -> dict[str, str]:
        """What the ServiceAccount then says."""
        if self.kind != "irsa":
            return {}
        other = self.audience != iam.AUDIENCE
        said = {iam.AUDIENCE_ANNOTATION: self.audience} if other else {}
        return {iam.ROLE_ANNOTATION: role_arn, **said}


class CloudRole(NamedTuple):
    """The IAM role of one ServiceAccount."""

    grant: Grant
    name: str
    """Kubernetes' names have no `_`, so no two ServiceAccounts have the same."""
    arn: str
    policies: tuple[JsonObject, ...]
    trust: JsonObject | None
    shared: dict[str, JsonObject]
    """The policies that owners in other accounts put on their secrets, by the secret's ARN."""
    stores: tuple[Allowed, ...] = ()
    """What stores other than AWS must allow."""
    assumed: tuple[Assumed, ...] = ()
    """The roles that this role assumes."""


def cloud_role(
    grant: Grant,
    place: AwsScope,
    trust: Trust,
    prefix: str,
    env: Mapping[str, str] | None = None,
) -> CloudRole:
    """The ServiceAccount's; `prefix` is what its name begins with, `env` as of `stores.Store`."""
    name = within(f"{prefix}_{grant.namespace}_{grant.account}", _NAME_LIMIT)
    arn = place.arn("iam", f"role/{name}")
    trusted = _trust(trust, place, grant) if paths(grant) else None
    shared = {found: iam.resource_policy(arn) for found in foreign(grant, place) if trusted}
    env = env or {}
    by_role = _by_role(grant)
    reads = _statements(by_role.pop("", []), place, env)
    policies = tuple(iam.policies([*reads, *assumed.permission(by_role, trust.kind)]))
    others = tuple(stores.of(grant, env))
    found = tuple(
        Assumed(
            other,
            tuple(iam.policies(_statements(secrets, assumed.scope(other, place), env))),
            assumed.trust(arn, secrets, trust.kind) if trusted else None,
        )
        for other, secrets in by_role.items()
    )
    return CloudRole(grant, name, arn, policies, trusted, shared, others, found)


def paths(grant: Grant, *providers: str) -> list[str]:
    """What AWS is asked for by these providers, or by any, sorted."""
    asked = providers or _STATEMENTS
    return sorted({secret.path for secret in grant.secrets if secret.provider in asked})


def foreign(grant: Grant, place: AwsScope) -> list[str]:
    """The ARNs of secrets in other accounts, which must share them with the pods' own role."""
    arns = {iam.secret(path, place) for path in _own(grant, _SECRETS)}
    return sorted(arn for arn in arns if iam.foreign(arn, place))


def _foreign_parameters(grant: Grant, place: AwsScope) -> list[str]:
    arns = {parameters.arn(path, place) for path in _own(grant, _PARAMETERS)}
    return sorted(arn for arn in arns if iam.foreign(arn, place))


def _own(grant: Grant, provider: str) -> list[str]:
    """What the pods' own role reads from it."""
    return [it.path for it in _by_role(grant).get("", []) if it.provider == provider]


def _by_role(grant: Grant) -> dict[str, list[RequestedSecret]]:
    """What is read in AWS, by the ARN of the role that reads it: empty for the pods' own."""
    found: dict[str, list[RequestedSecret]] = {}
    for secret in sorted(grant.secrets, key=assumed.role_of):
        if secret.provider in _STATEMENTS:
            found.setdefault(assumed.role_of(secret), []).append(secret)
    return found


def warnings(role: CloudRole, place: AwsScope, trust: Trust, output: str) -> Iterator[str]:
    """What a person should know of what is printed in that form."""
    grant, whose = role.grant, role.grant.whose
    for provider in sorted(stores.unknown(grant) - _STATEMENTS.keys()):
        yield f"{whose}: {provider} has no permissions to print: see what its store must allow"
    yield from (f"{whose}: {said}" for store in role.stores for said in store.warnings)
    if len(role.policies) > iam.POLICIES_LIMIT:
        have = f"{len(role.policies)} policies of {iam.POLICY_LIMIT} characters"
        yield f"{whose} needs {have}, and a role takes {iam.POLICIES_LIMIT} by default"
    for path in filter(iam.doubtful, paths(grant)):
        tail = "if its last six are of the name, give the secret's complete ARN"
        yield f"{whose}: {path} is taken for complete: {tail}"
    yield from (f"{whose}: {said}" for it in role.assumed for said in assumed.warnings(it))
    named = paths(grant, _SECRETS)
    keyed = {iam.secret(path, place) for path in named if iam.key_of(path, place)}
    for arn in foreign(grant, place):
        key = "" if arn in keyed else "; its KMS key, too: name that by --kms-key"
        yield f"{whose}: {arn} is in another account, which must share it (resourcePolicies){key}"
    for arn in _foreign_parameters(grant, place):
        yield f"{whose}: {arn} is in another account, which must share it by AWS RAM"
    if output == "terraform" and role.trust and trust.kind == "pod-identity" and not trust.cluster:
        yield f"{whose}: its Pod Identity association is yours to make, or name --cluster"


def as_object(role: CloudRole, trust: Trust) -> JsonObject:
    """All that a ServiceAccount must be allowed, to be read by people and programs."""
    grant = role.grant
    objects = dict(zip(("role", "roleBinding"), grant.objects(), strict=True))
    told = ({"managedBy": grant.managed_by} if grant.managed_by else {}) | grant.marks
    guard = {"guard": told} if told else {}
    return {
        "namespace": grant.namespace,
        "serviceAccount": grant.account,
        "secrets": [_described(secret) for secret in grant.secrets],
        **({"aws": _aws(role, trust)} if role.policies else {}),
        **{store.name: store.objects for store in role.stores},
        "kubernetes": objects | guard,
    }


def _statements(
    secrets: Iterable[RequestedSecret], place: AwsScope, env: Mapping[str, str]
) -> list[JsonObject]:
    """What is read, in the failover region, too."""
    asked: dict[tuple[str, str], set[str]] = {}
    for secret in secrets:
        asked.setdefault((secret.provider, place.region), set()).add(secret.path)
        if region := assumed.failover(secret, env):
            moved = asked.setdefault((secret.provider, region), set())
            moved.add(awspaths.in_region(secret.path, region))
    return iam.merged(
        statement
        for (provider, region), named in sorted(asked.items())
        for statement in _STATEMENTS[provider](named, place._replace(region=region))
    )


def _trust(trust: Trust, place: AwsScope, grant: Grant) -> JsonObject | None:
    whose = (grant.namespace, grant.account)
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


def _described(secret: RequestedSecret) -> JsonObject:
    label = {"managedBy": secret.managed_by} if secret.managed_by else {}
    source = {"provider": secret.provider, "path": secret.path}
    return {"secretName": secret.secret_name, **source, **label}
