"""AWS's definite refusals as rows of the failure table: what each asks of whom.

Codes: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
and CommonErrors there, https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

import re

from initsync.aws.api import ServiceError
from initsync.errors import (
    AccessDenied,
    JasmError,
    NoIdentity,
    ProviderRefused,
    ProviderUnavailable,
    SecretNotFound,
)
from initsync.times import span

DENIED = frozenset(["AccessDenied", "AccessDeniedException", "NotAuthorized"])
_REGION_OFF = frozenset(["OptInRequired", "RegionDisabledException", "SubscriptionRequired"])
_NOT_THERE = frozenset(
    [
        *("ResourceNotFoundException", "InvalidRequestException", "InvalidParameterException"),
        *("ValidationException", "ValidationError"),
    ]
)
_CREDENTIALS = frozenset(
    [
        *("ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException"),
        *("InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch"),
        *("IncompleteSignature", "IncompleteSignatureException", "RequestExpired"),
        *("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
        *("RequestTimeTooSkewed", "InvalidSignature", "InvalidAccessKeyId", "NotSignedUp"),
    ]
)
_NEW_POD = "delete the pod to begin anew"
_SKEW = 60.0  # seconds worth naming; AWS itself allows five minutes
_TAIL = re.compile(r".+-[A-Za-z0-9]{6}")


def of_secret(
    error: ServiceError, provider: str, path: str, region: str, role: str, *, by_hand: bool = False
) -> JasmError:
    """What Secrets Manager refused to `role`, which is a person's where `by_hand`."""
    code = error.code
    if code in _NOT_THERE:
        return SecretNotFound(provider, path, region, error.message, _missing(error, path))
    if code.startswith("KMS") or code == "DecryptionFailure":
        return AccessDenied(provider, _KMS, role, f"{code}: {error.message}")
    if code in _REGION_OFF:
        return AccessDenied(provider, f"the region {region}: enable it for the account", role, code)
    if code in _CREDENTIALS:
        again = "log in again, such as by aws sso login" if by_hand else _NEW_POD
        advice = _clock(error) or f"they may have expired: {again}"
        return NoIdentity([f"{role}: AWS refused its credentials ({error})"], advice)
    if code in DENIED or error.status == 403:
        permission = _KMS if "KMS" in error.message else _read_permission(path, region)
        return AccessDenied(provider, permission, role, error.message)
    return ProviderRefused("AWS Secrets Manager", str(error))


def of_web_identity(error: ServiceError, role: str, advice: str) -> JasmError:
    """What STS refused to the ServiceAccount that asks to be `role`."""
    if error.code in DENIED:
        return AccessDenied("AWS STS", _TRUST, role, error.message)
    if "verification key" in error.message:  # STS could not reach the issuer: passes by itself
        return ProviderUnavailable("AWS STS", str(error))
    if error.code in _REGION_OFF:
        advice = "enable STS in that region for the account, or set AWS_REGION to another"
    tried = f"IRSA: AWS STS refused the ServiceAccount token for {role} ({error})"
    check = "check the role ARN and the OIDC provider of the cluster; " + advice
    return NoIdentity([tried], _clock(error) or check)


_KMS = "kms:Decrypt on the KMS key of that secret, and see that the key is enabled"
_TRUST = (
    "sts:AssumeRoleWithWebIdentity in the role's trust policy, for this cluster's OIDC "
    "provider and this ServiceAccount"
)


def _read_permission(path: str, region: str) -> str:
    return f"secretsmanager:GetSecretValue on {path} in {region}"


def _missing(error: ServiceError, path: str) -> str:
    """What to do about a secret that gives no value; empty where only path or region is wrong."""
    if "marked for deletion" in error.message:
        return "restore it (aws secretsmanager restore-secret), or name another path"
    if "AWSCURRENT" in error.message:
        return "the secret has no version labelled AWSCURRENT: put a value into it"
    if _TAIL.fullmatch(path) and ":" not in path:
        return (
            "create it there, or correct path or region; AWS may take the path's last six "
            "characters for the tail of an ARN: if it is there under this name, give its full ARN"
        )
    return ""


def _clock(error: ServiceError) -> str:
    """What to do where the clocks differ; empty where they do not."""
    if error.ahead is None or abs(error.ahead) < _SKEW:
        return ""
    side = "ahead of" if error.ahead > 0 else "behind"
    return f"the clock here is {span(abs(error.ahead))} {side} AWS's: correct the node's clock"
