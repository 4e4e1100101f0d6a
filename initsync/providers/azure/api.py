"""One request to Microsoft Entra or to a Key Vault, and what comes back."""

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from initsync.network.http1 import part, text
from initsync.network.transport import Connection, Response, TransportError
from initsync.providers.bearer import Refused, lasts, usable
from initsync.words.errors import ProviderUnavailable
from initsync.words.wording import shortened

ENTRA, KEY_VAULT = "Microsoft Entra", "Azure Key Vault"
LIMIT = 2_097_152
"""Bytes of an answer; a secret has 25,600 at most, six times that where JSON escapes each.
https://learn.microsoft.com/azure/key-vault/secrets/about-secrets"""
TOKEN_LIMIT = 131_072
"""The most bytes of an answer with a token, which has some kilobytes."""
_PARTS = 70_000  # commas and brackets, in the secret's own text too: more than it may have bytes
_VERSION = "7.4"  # of the API: the newest that every cloud has
_SHOWN = 600
"""Bytes of Azure's own message: a denial has caller, action, resource, and last the reason."""
_CODE = 100  # likewise, of its codes
_BUSY = frozenset(["temporarily_unavailable", "server_error", "Throttled", "ServiceUnavailable"])
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Refusal(Refused):
    """A definite no. `code` is Azure's own, `inner` the more exact one that may be with it."""

    def __init__(self, status: int, code: str, inner: str, message: str) -> None:
        self.status = status
        self.code = shortened(code, _CODE)
        self.inner = shortened(inner, _CODE)
        self.message = " ".join(shortened(message, _SHOWN).split())
        super().__init__(f"{self.inner or self.code}: {self.message}")


def token(
    connection: Connection, tenant: str, client: str, assertion: str, scope: str
) -> Mapping[str, Any]:
    """Entra's answer with an access token. Raises Refusal and ProviderUnavailable.

    It does not say that it can read a claims challenge (`claims` with CP1): it cannot.
    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential
    """
    form = {
        "client_id": client,
        "scope": scope,
        "grant_type": "client_credentials",
        "client_assertion_type": _ASSERTION,
        "client_assertion": assertion,
    }
    target = f"/{quote(tenant, safe='')}/oauth2/v2.0/token"
    headers = {
        "accept": "application/json",
        "content-type": "application/x-www-form-urlencoded",
    }
    body = urlencode(form).encode()
    response = _asked(connection, ENTRA, "POST", target, headers, body)
    answer = response.json_object(_PARTS) or {}
    if response.status == 200 and usable(answer.get("access_token")) and lasts(answer):
        return answer
    code, message = text(answer, "error"), text(answer, "error_description")
    raise _failure(ENTRA, response, code, "", message)


def secret(connection: Connection, name: str, version: str, bearer: str) -> Mapping[str, Any]:
    """The vault's answer with a secret's value. Raises Refusal and ProviderUnavailable.

    An empty version is the current one.
    https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret?view=rest-keyvault-secrets-7.4
    """
    target = f"/secrets/{quote(name, safe='')}/{quote(version, safe='')}?api-version={_VERSION}"
    headers = {"accept": "application/json", "authorization": f"Bearer {bearer}"}
    response = _asked(connection, KEY_VAULT, "GET", target, headers)
    answer = response.json_object(_PARTS) or {}
    if response.status == 200 and isinstance(answer.get("value"), str):
        return answer
    error = part(answer, "error")
    code, inner = text(error, "code"), text(part(error, "innererror"), "code")
    raise _failure(KEY_VAULT, response, code, inner, text(error, "message"))


def _asked(
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
        unknown = isinstance(error.__cause__, socket.gaierror)
        doubt = "; is there one of that name?" if unknown and service == KEY_VAULT else ""
        raise ProviderUnavailable(service, f"{error}{doubt}") from error


def _failure(service: str, response: Response, code: str, inner: str, message: str) -> Exception:
    """Refusal, or ProviderUnavailable where another try may help."""
    status = response.status
    refusal = Refusal(status, code, inner, message)
    if code and code not in _BUSY and 400 <= status < 500 and status not in (408, 429):
        return refusal
    said = str(refusal) if code else f"no answer of {service}"
    return ProviderUnavailable(service, f"HTTP {status}, {said}", response.retry_after)
