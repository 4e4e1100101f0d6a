"""AWS's definite refusals as rows of the failure table: what each asks of whom.

Codes: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
and CommonErrors there, https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
and API_GetParametersByPath.html there, https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import re
from typing import NamedTuple

from initsync.providers.aws import denials, paths
from initsync.providers.aws.api import Operation, ServiceError, Wanted
from initsync.providers.aws.sigv4 import Credentials
from initsync.words.errors import (
    AccessDenied,
    JasmError,
    NoIdentity,
    NoIdentityYet,
    ProviderRefused,
    ProviderUnavailable,
    SecretNotFound,
    SecretRefused,
)
from initsync.words.times import span

DENIED = frozenset(["AccessDenied", "AccessDeniedException", "NotAuthorized"])
_REGION_OFF = frozenset(["OptInRequired", "RegionDisabledException", "SubscriptionRequired"])
_MISSING = frozenset(["ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound"])
_UNFIT = frozenset(
    [
        *("InvalidRequestException", "InvalidParameterException"),
        *("ValidationException", "ValidationError", "InvalidFilterValue"),
    ]
)
_OF_KEY = frozenset(["DecryptionFailure", "InvalidKeyId"])
_OLD_PAGE = "InvalidNextToken"
"""The code of a list that must be read anew."""
_SIGNATURE = frozenset(
    [
        *("InvalidSignatureException", "SignatureDoesNotMatch", "InvalidSignature"),
        *("IncompleteSignature", "IncompleteSignatureException"),
    ]
)
_CREDENTIALS = _SIGNATURE | frozenset(
    [
        *("ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"),
        *("InvalidClientTokenId", "RequestExpired", "RequestTimeTooSkewed"),
        *("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
        *("InvalidAccessKeyId", "NotSignedUp"),
    ]
)
_SKEW = 60.0  # seconds worth naming; AWS itself allows five minutes


class Asked(NamedTuple):
    """What a service was asked for, and by whom."""

    provider: str
    operation: Operation
    wanted: Wanted
    credentials: Credentials
    by_hand: bool = False
    """Whether a person asks, whose the credentials are."""

    @property
    def where(self) -> str:
        """The place in which it was looked for."""
        return f"in region {self.wanted.region}"

    @property
    def permission(self) -> str:
        """The permission that IAM must give."""
        action = self.operation.target.partition(".")[2]
        return f"{self.operation.service}:{action} on {self.wanted.path} in {self.wanted.region}"


def of_secret(error: ServiceError, asked: Asked) -> JasmError:
    """What the service that has the secrets refused."""
    code, wanted = error.code, asked.wanted
    if code in _MISSING:
        missing = _missing(error, asked)
        return SecretNotFound(asked.provider, wanted.path, asked.where, error.message, missing)
    if code in _UNFIT:
        return _unfit(error, asked)
    if code.startswith("KMS") or code in _OF_KEY:
        return _denied(asked, _KEY, f"{code}: {error.message}")
    if code in _REGION_OFF:
        region = f"the region {wanted.region}: enable it for the account"
        return AccessDenied(asked.provider, region, asked.credentials.role, code)
    if code in _CREDENTIALS:
        tried = f"{asked.credentials.role}: AWS refused its credentials ({error})"
        return NoIdentity(
            [tried], _clock(error) or _renewal(error, asked.credentials, asked.by_hand)
        )
    if code in DENIED or error.status == 403:
        key = denials.concerns_key(error.message)
        return _denied(asked, _KEY if key else asked.permission, error.message)
    if code == _OLD_PAGE:
        return ProviderUnavailable(asked.operation.name, str(error))
    return ProviderRefused(asked.operation.name, str(error), _LOOK_UP)


def of_web_identity(error: ServiceError, role: str, advice: str) -> JasmError:
    """What STS refused to the ServiceAccount that asks to be `role`."""
    if error.code in DENIED:
        advice = denials.advice(error.message, _ASSUME)
        return AccessDenied("AWS STS", _ASSUME + _TRUST, role, error.message, advice)
    if "verification key" in error.message:  # STS could not reach the issuer: passes by itself
        return ProviderUnavailable("AWS STS", str(error))
    if error.code in _REGION_OFF:
        advice = "enable STS in that region for the account, or set AWS_REGION to another"
    tried = f"IRSA: AWS STS refused the ServiceAccount token for {role} ({error})"
    check = "check the role ARN and the OIDC provider of the cluster; " + advice
    # A provider that IAM has just been given is not everywhere at once.
    kind = NoIdentityYet if error.code == "InvalidIdentityToken" else NoIdentity
    return kind([tried], _clock(error) or check)


def of_role(error: ServiceError, role: str, own: Credentials, *, by_hand: bool) -> JasmError:
    """What STS refused to the pod's own identity, which wants to be `role`."""
    if error.code in DENIED:
        wanted = f"{_ASSUME_ROLE} on {role}"
        advice = denials.advice(error.message, wanted)
        both = f"grant it {wanted}, and name it in that role's trust policy, with the external ID"
        return AccessDenied("AWS STS", wanted, own.role, error.message, advice or both)
    if error.code in _REGION_OFF:
        region = "the region of STS: enable it for the account, or set AWS_REGION to another"
        return AccessDenied("AWS STS", region, own.role, error.code)
    if error.code in _CREDENTIALS:
        tried = f"{own.role}: AWS refused its credentials ({error})"
        return NoIdentity([tried], _clock(error) or _renewal(error, own, by_hand))
    return ProviderRefused("AWS STS", str(error), f"correct role {role} and its externalId")


_LOOK_UP = "look up that code at AWS"
_CREATE = "create it there, or correct path or region"
_ALL_BELOW = "a path of which all parameters below are meant ends in /"
_KEY = "kms:Decrypt on the KMS key of that secret"
_ENABLED = ", and see that the key is enabled"
_ASSUME_ROLE = "sts:AssumeRole"
_ASSUME = "sts:AssumeRoleWithWebIdentity"
_TRUST = " in the role's trust policy, for this cluster's OIDC provider and this ServiceAccount"
_RESTORE = "restore it (aws secretsmanager restore-secret), or name another path"
# The first whose words the sentence has: whether the key refuses or the secret, and what to do.
_STATES: tuple[tuple[str, type[JasmError], str], ...] = (
    (
        "different AWS account",
        AccessDenied,
        "encrypt it with a customer-managed key whose policy allows kms:Decrypt to that role: "
        "the default key is its own account's only",
    ),
    (
        "pending ?deletion|:key/|KMS key",
        AccessDenied,
        "see that the KMS key of that secret is enabled, or cancel its deletion",
    ),
    ("marked for deletion|scheduled for deletion|was deleted", SecretRefused, _RESTORE),
    ("", SecretRefused, "correct the path, or what AWS says of the secret"),
)


def _unfit(error: ServiceError, asked: Asked) -> JasmError:
    """The error for a secret that cannot be given, or for a name that no secret can have."""
    said = f"{error.code}: {error.message}"
    kind, advice = next(row[1:] for row in _STATES if re.search(row[0], error.message, re.I))
    if kind is AccessDenied:
        return AccessDenied(asked.provider, _KEY, asked.credentials.role, said, advice)
    return SecretRefused(asked.provider, asked.wanted.path, asked.where, said, advice)


def _denied(asked: Asked, wanted: str, detail: str) -> AccessDenied:
    advice = denials.advice(detail, wanted)
    granted = wanted + _ENABLED if wanted is _KEY else wanted
    return AccessDenied(asked.provider, granted, asked.credentials.role, detail, advice)


def _missing(error: ServiceError, asked: Asked) -> str:
    """What to do about a secret that is not found."""
    message, wanted = error.message, asked.wanted
    if error.code != "ResourceNotFoundException":
        return _missing_parameter(error.code, wanted)
    if wanted.version and re.search("VersionId|staging label", message):
        return (
            "correct the entry's version (32 to 64 characters are an id, others a stage): "
            "aws secretsmanager list-secret-version-ids shows them"
        )
    if "AWSCURRENT" in message:
        return "the secret has no version labelled AWSCURRENT: put a value into it"
    if end := paths.tail(wanted.path):
        return (
            f"{_CREATE}; AWS takes the path's end "
            f"{end} for its own: if it is of the name, give the complete ARN, or the name"
        )
    return _CREATE


def _missing_parameter(code: str, wanted: Wanted) -> str:
    version = "correct the entry's version: aws ssm get-parameter-history shows numbers and labels"
    if code == "ParameterVersionNotFound":
        return version
    return f"{_CREATE}; or {version}" if wanted.version else f"{_CREATE}; {_ALL_BELOW}"


def _renewal(error: ServiceError, credentials: Credentials, by_hand: bool) -> str:
    """What to do about keys that AWS refuses."""
    if re.search("expired: |not yet current", error.message):
        return "correct the node's clock"
    if credentials.static and error.code in _SIGNATURE:
        return "is there a space or line break in the key? correct AWS_SECRET_ACCESS_KEY"
    if by_hand:
        return "they may have expired: log in again, such as by aws sso login"
    if credentials.static:
        return "correct AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
    return "they may have expired: delete the pod to begin anew"


def _clock(error: ServiceError) -> str:
    """What to do where the clocks differ; empty where they do not."""
    if error.ahead is None or abs(error.ahead) < _SKEW:
        return ""
    side = "ahead of" if error.ahead > 0 else "behind"
    return f"the clock here is {span(abs(error.ahead))} {side} AWS's: correct the node's clock"
