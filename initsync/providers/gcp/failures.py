"""Google's definite refusals as rows of the failure table: what each asks of whom.

https://cloud.google.com/secret-manager/docs/troubleshooting,
https://cloud.google.com/iam/docs/troubleshooting-workload-identity-federation
"""

from typing import NamedTuple

from initsync.providers.gcp.api import SECRET_MANAGER, STS, Refusal
from initsync.words.errors import (
    AccessDenied,
    InvalidSetup,
    JasmError,
    NoIdentity,
    NoIdentityYet,
    ProviderRefused,
    SecretNotFound,
    SecretRefused,
)

ROLE = "roles/secretmanager.secretAccessor"
_OAUTH = {
    "invalid_target": (
        "correct the audience in the credential configuration: project number, pool and provider "
        "must be there and not be disabled or deleted"
    ),
    "unauthorized_client": (
        "change the attribute condition of the pool's provider, or give the pod a ServiceAccount "
        "that it lets in"
    ),
    "invalid_request": "correct audience and subject_token_type in the credential configuration",
}
_CREDENTIAL = (
    "see that the pool's provider has this cluster's issuer (and its keys, where Google cannot "
    "reach it), and that the token's audience is one that the provider allows"
)


class Asked(NamedTuple):
    """What was asked for, and by whom."""

    provider: str
    path: str
    resource: str
    """The whole resource name of the secret."""
    version: str
    who: str

    @property
    def where(self) -> str:
        """The place in which it was looked for."""
        project, _, _ = self.resource.partition("/secrets/")
        return f"in {project}"

    @property
    def flags(self) -> str:
        """The flags of gcloud that name the secret."""
        parts = self.resource.split("/")
        named = dict(zip(parts[::2], parts[1::2], strict=False))
        place = f" --location={named['locations']}" if "locations" in named else ""
        return f"{named.get('secrets', '')} --project={named.get('projects', '')}{place}"


def of_login(error: Refusal, account: str, principal: str) -> JasmError:
    """What STS or IAM Credentials refused to the pod's token; `account`: whom it was to become."""
    service = error.service
    if error.reason == "SERVICE_DISABLED":
        name = "sts" if service == STS else "iamcredentials"
        return InvalidSetup(f"{service} refused {principal} ({error})", _enable(name))
    # What was made or granted just now is not known everywhere at once.
    if service == STS:
        tried = f"{STS} refused the token of {principal} ({error})"
        return NoIdentityYet([tried], _OAUTH.get(error.code, _CREDENTIAL))
    tried = f"{service} refused {principal} to become {account} ({error})"
    return NoIdentityYet([tried], f"grant it roles/iam.workloadIdentityUser on {account}")


def of_secret(error: Refusal, asked: Asked) -> JasmError:
    """The error that says why Secret Manager did not give a secret."""
    if error.status == 401:
        tried = f"{asked.who}: {SECRET_MANAGER} refused its token twice ({error})"
        return NoIdentity([tried], "delete the pod to begin anew; by hand log in again")
    if error.status == 404:
        return SecretNotFound(asked.provider, asked.path, asked.where, str(error), _missing(asked))
    if error.status == 403:
        return _denied(error, asked)
    if error.code == "FAILED_PRECONDITION":
        return SecretRefused(asked.provider, asked.path, asked.where, str(error), _state(asked))
    if error.status == 400:
        advice = (
            "correct the path (a secret's name has letters, digits, '-' and '_') or the version (a "
            "number or an alias)"
        )
        return SecretRefused(asked.provider, asked.path, asked.where, str(error), advice)
    detail = f"HTTP {error.status}, {error}"
    return ProviderRefused(SECRET_MANAGER, detail, "look up that code at Google")


def _denied(error: Refusal, asked: Asked) -> JasmError:
    if error.reason == "SERVICE_DISABLED":
        return ProviderRefused(SECRET_MANAGER, str(error), _enable("secretmanager"))
    wanted = f"{ROLE} on {asked.resource}, and see that the secret exists"
    target = f"{asked.provider} {asked.resource}"
    return AccessDenied(target, wanted, asked.who, str(error), _DENIALS.get(error.reason, ""))


# https://cloud.google.com/apis/design/errors and google/api/error_reason.proto
_DENIALS = {
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": (
        "that is the node's identity, with its scopes: turn Workload Identity Federation on for "
        "the node pool, and do not use the host's network in the pod"
    ),
    "SECURITY_POLICY_VIOLATED": "let it through the perimeter of VPC Service Controls",
    "CONSUMER_INVALID": "correct the project: there is none of that name",
    "BILLING_DISABLED": "turn billing on for that project",
}


def _enable(service: str) -> str:
    command = f"gcloud services enable {service}.googleapis.com"
    return f"turn that API on in the project that Google names: {command}"


def _missing(asked: Asked) -> str:
    """What to do about a secret that is not found."""
    listed = f"gcloud secrets versions list {asked.flags} shows what is there"
    if asked.version:
        return f"correct path or version; {listed}"
    return f"create it there and put a version into it, or correct path or location; {listed}"


def _state(asked: Asked) -> str:
    """What to do about a version that is disabled or destroyed."""
    listed = f"gcloud secrets versions list {asked.flags}"
    if asked.version:
        return f"enable it, or name another version; {listed} shows them"
    return (
        "'latest' is the version made last, whatever its state: enable it, add a new one, or name "
        f"a version or alias; {listed} shows them"
    )
