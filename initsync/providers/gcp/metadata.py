"""The metadata server of GKE and Compute Engine: it is asked for this pod's own token.

It is on the node, and not ready in the first seconds of a pod: then it is worth another try.
https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity#metadata_server
"""

import socket
from collections.abc import Mapping
from urllib.parse import quote

from initsync.network.transport import Connection, Response, TransportError
from initsync.providers.bearer import Bearer, lasts, usable
from initsync.providers.gcp import api
from initsync.providers.gcp.identity import DEFAULT_FILE, FILE
from initsync.words.errors import (
    InvalidSetup,
    NoIdentity,
    NoIdentityYet,
    ProviderUnavailable,
)
from initsync.words.wording import printable, shortened

HOST = "GCE_METADATA_HOST"
"""As Google's own clients have it."""
SERVER = "the metadata server"
_DEFAULT = "metadata.google.internal"
_HEADERS = {"metadata-flavor": "Google"}
_BASE = "/computeMetadata/v1"
_OWN = f"{_BASE}/instance/service-accounts/default"
_ITSELF = "this pod's ServiceAccount"
_SHOWN = 400  # bytes of its own words
_ELSEWHERE = (
    f"on GKE turn Workload Identity Federation on for cluster and node pool; elsewhere give the "
    f"pods a credential configuration file ({FILE}, or {DEFAULT_FILE})"
)
_GRANT = (
    "see that the Google service account in the ServiceAccount's annotation "
    "iam.gke.io/gcp-service-account exists, and grant the ServiceAccount "
    "roles/iam.workloadIdentityUser on it; or remove the annotation, so that the pod asks as the "
    "ServiceAccount itself"
)


def url(env: Mapping[str, str]) -> str:
    """Its own, which has no TLS: it is on the node itself."""
    return f"http://{env.get(HOST) or _DEFAULT}"


def bearer(connection: Connection, now: float) -> Bearer:
    """The pod's. Raises NoIdentity and ProviderUnavailable."""
    response = _asked(connection, f"{_OWN}/token?scopes={quote(api.SCOPE, safe='')}")
    answer = api.parsed(response) or {}
    seconds = lasts(answer)
    if response.status == 200 and usable(answer.get("access_token")) and seconds:
        return Bearer(str(answer["access_token"]), now + seconds, "the identity of this pod on GKE")
    raise _refusal(response)


def who(connection: Connection) -> str:
    """Whose token it gives, as far as it says. For messages: a good sync does not ask."""
    try:
        response = _asked(connection, f"{_OWN}/email")
    except (NoIdentity, ProviderUnavailable):
        return _ITSELF
    said = _words(response)
    if response.status != 200 or "@" not in said:
        # Of a ServiceAccount that is asked for as itself it gives the pool's name.
        pool = said if response.status == 200 and said.endswith(".svc.id.goog") else ""
        return f"{_ITSELF} in pool {pool}" if pool else _ITSELF
    return f"Google service account {said}"


def project(connection: Connection) -> str:
    """The id of the cluster's. Raises InvalidSetup and ProviderUnavailable."""
    response = _asked(connection, f"{_BASE}/project/project-id")
    found = _words(response)
    if response.status == 200 and found and "/" not in found and " " not in found:
        return found
    if response.status == 200:
        raise InvalidSetup("the metadata server names no project", "set GOOGLE_CLOUD_PROJECT")
    raise _refusal(response)


def _asked(connection: Connection, target: str) -> Response:
    try:
        return connection.request("GET", target, _HEADERS)
    except TransportError as error:
        cause = error.__cause__
        if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME:
            raise NoIdentity([f"{SERVER}: {error}"], _ELSEWHERE) from error
        detail = f"{error}; in a pod's first seconds it is not ready"
        raise ProviderUnavailable(SERVER, detail) from error


def _refusal(response: Response) -> Exception:
    """A no of IAM, which it hands on with its words; of all else another try may help."""
    said = _words(response)
    if response.status in (403, 404, 500) and "IAM returned 40" in said:
        # What was granted just now is not known everywhere at once.
        return NoIdentityYet([f"{SERVER}: HTTP {response.status}, {said}"], _GRANT)
    if response.status == 403:
        return NoIdentityYet([f"{SERVER}: HTTP 403, {said}"], _ELSEWHERE)
    detail = f"HTTP {response.status}, {said or 'nothing'}" if response.status != 200 else ""
    return ProviderUnavailable(SERVER, detail or "it gave no token", response.retry_after)


def _words(response: Response) -> str:
    if "json" in response.headers.get("content-type", ""):
        return ""  # a token, where there is one
    if response.body[:1] == b"<":
        return "a page of HTML"
    text = " ".join(response.body[: 4 * _SHOWN].decode(errors="replace").split())
    return shortened(printable(text), _SHOWN)
