"""One request to a service of Google's, and what comes back."""

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from initsync.network.http1 import part, text
from initsync.network.transport import Connection, Response, TransportError
from initsync.providers.bearer import Refused, lasts, usable
from initsync.providers.gcp import crc32c
from initsync.words.errors import ProviderUnavailable
from initsync.words.wording import printable, shortened

STS, IAM = "Google STS", "Google IAM Credentials"
SECRET_MANAGER = "Google Secret Manager"  # noqa: S105  # a service's name
LIMIT = 2_097_152
"""Bytes of an answer; a secret has 65,536 at most, a third more in base64.
https://cloud.google.com/secret-manager/quotas"""
TOKEN_LIMIT = 131_072
"""The most bytes of an answer with a token, which has some kilobytes."""
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
"""The only one that Secret Manager takes."""
_IAM_SCOPE = "https://www.googleapis.com/auth/iam"  # enough to become a service account
_PARTS = 10_000  # commas and brackets of an answer, whose secret in base64 has none
_SHOWN = 600
"""Bytes of Google's own message: a denial has the permission, then the resource."""
_CODE = 100  # likewise, of its codes
# https://cloud.google.com/apis/design/errors#handling_errors, and OAuth's own of RFC 6749.
_BUSY = frozenset(
    [
        *("ABORTED", "CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "RESOURCE_EXHAUSTED"),
        *("UNAVAILABLE", "UNKNOWN", "temporarily_unavailable", "server_error"),
    ]
)
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  # a type


class Refusal(Refused):
    """A definite no. `code` is Google's own, `reason` the more exact one that may be with it."""

    def __init__(self, service: str, status: int, code: str, reason: str, message: str) -> None:
        self.service = service
        self.status = status
        self.code = shortened(printable(code), _CODE)
        self.reason = shortened(printable(reason), _CODE)
        self.message = " ".join(shortened(message, _SHOWN).split())
        super().__init__(f"{self.reason or self.code}: {self.message}")


class Payload(NamedTuple):
    """A secret's version. Its printed form has no value."""

    data: bytes
    version: str

    def __repr__(self) -> str:
        return f"Payload(version {self.version})"


class Exchange(NamedTuple):
    """What STS is asked for."""

    audience: str
    subject_token_type: str
    impersonates: bool
    """The token is only to become a service account with."""


def access(connection: Connection, resource: str, version: str, bearer: str) -> Payload:
    """A version of the secret with the name `resource`. Raises Refusal and ProviderUnavailable.

    https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access
    """
    within, _, name = resource.partition("/secrets/")
    secret = f"{quote(within, safe='/:')}/secrets/{quote(name, safe='')}"
    target = f"/v1/{secret}/versions/{quote(version, safe='')}:access"
    headers = {"accept": "application/json", "authorization": f"Bearer {bearer}"}
    response = asked(connection, SECRET_MANAGER, "GET", target, headers)
    answer = parsed(response)
    if response.status == 200 and answer is not None:
        return _payload(answer)
    raise _failure(SECRET_MANAGER, response, answer or {})


def exchanged(connection: Connection, wanted: Exchange, subject: str) -> Mapping[str, Any]:
    """STS's answer with an access token. Raises Refusal and ProviderUnavailable.

    https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
    """
    form = {
        "grant_type": _EXCHANGE,
        "audience": wanted.audience,
        "scope": _IAM_SCOPE if wanted.impersonates else SCOPE,
        "requested_token_type": _ACCESS_TOKEN,
        "subject_token": subject,
        "subject_token_type": wanted.subject_token_type,
    }
    headers = {
        "accept": "application/json",
        "content-type": "application/x-www-form-urlencoded",
    }
    response = asked(connection, STS, "POST", "", headers, urlencode(form).encode())
    answer = parsed(response) or {}
    if response.status == 200 and usable(answer.get("access_token")) and lasts(answer):
        return answer
    raise _failure(STS, response, answer)


def impersonated(connection: Connection, bearer: str, lifetime: int) -> Mapping[str, Any]:
    """IAM Credentials' answer: accessToken and expireTime. Raises as `exchanged` does.

    https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
    """
    body = json.dumps({"delegates": [], "scope": [SCOPE], "lifetime": f"{lifetime}s"}).encode()
    headers = {
        "accept": "application/json",
        "authorization": f"Bearer {bearer}",
        "content-type": "application/json",
    }
    response = asked(connection, IAM, "POST", "", headers, body)
    answer = parsed(response) or {}
    if response.status == 200 and usable(answer.get("accessToken")):
        return answer
    raise _failure(IAM, response, answer)


def asked(
    connection: Connection,
    service: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes = b"",
) -> Response:
    """The answer, whatever it is: of a redirect nothing is followed. Raises ProviderUnavailable."""
    try:
        return connection.request(method, target, headers, body)
    except TransportError as error:
        raise ProviderUnavailable(service, str(error)) from error


def parsed(response: Response) -> dict[str, Any] | None:
    """The JSON object of an answer; None where there is none."""
    return response.json_object(_PARTS)


def _payload(answer: Mapping[str, Any]) -> Payload:
    payload, name = part(answer, "payload"), text(answer, "name")
    try:
        data = base64.b64decode(text(payload, "data"), validate=True)
    except ValueError:
        raise ProviderUnavailable(SECRET_MANAGER, "it gave a value that is no base64") from None
    if not name or (not data and "payload" not in answer):
        raise ProviderUnavailable(SECRET_MANAGER, "it gave an answer without a secret's version")
    said = str(payload.get("dataCrc32c", ""))  # an int64, which JSON has in quotes
    if said and said != str(crc32c.checksum(data)):
        detail = "the value is not what its checksum (CRC32C) says: it was damaged on the way"
        raise ProviderUnavailable(SECRET_MANAGER, detail)
    return Payload(data, name.rpartition("/")[2])


def _failure(service: str, response: Response, answer: Mapping[str, Any]) -> Exception:
    """Refusal, or ProviderUnavailable where another try may help."""
    status, error = response.status, part(answer, "error")
    code = text(error, "status") or text(answer, "error")  # Google's form, and OAuth's
    message = text(error, "message") or text(answer, "error_description")
    refusal = Refusal(service, status, code, _reason(error), message)
    if code and code not in _BUSY and 400 <= status < 500 and status not in (408, 429, 499):
        return refusal
    said = str(refusal) if code else f"no answer of {service}"
    return ProviderUnavailable(service, f"HTTP {status}, {said}", response.retry_after)


def _reason(error: Mapping[str, Any]) -> str:
    """The reason in an error's details: https://cloud.google.com/apis/design/errors#error_info."""
    details = error.get("details")
    every = details if isinstance(details, list) else []
    found = (text(it, "reason") for it in every if isinstance(it, dict))
    return next(filter(None, found), "")
