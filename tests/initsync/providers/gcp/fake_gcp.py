"""A loopback Google: GKE's metadata server, STS, IAM Credentials and Secret Manager (REST).

The services are reached as by a proxy, so that clients use Google's own names of hosts, and it
sees which; the metadata server is asked directly. Its paths and fields are those of the discovery
documents secretmanager.v1, sts.v1 and iamcredentials.v1; refusals are as users report them, as
comments name it. It is strict where a lean client could be wrong: flavour, scope, audience, host
of a location.
"""

import base64
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from initsync.testing.pki import Authority
from tests.initsync.providers.fake_cloud import Answer, Asked, FakeCloud, signed, verified
from tests.initsync.providers.gcp import crc

NOW = 1_764_500_000
PROJECT, NUMBER = "shop-prod", "123456789012"
GSA = f"app@{PROJECT}.iam.gserviceaccount.com"
POOL = f"//iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/clusters"
AUDIENCE = f"{POOL}/providers/aks"
SUBJECT = "system:serviceaccount:shop:app"
PRINCIPAL = f"principal:{POOL}/subject/{SUBJECT}"
UNIVERSES = ("googleapis.com", "apis.example.test")
LOCATIONS = ("europe-west1", "us-east4")
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
IAM_SCOPE = "https://www.googleapis.com/auth/iam"
_JWT = "urn:ietf:params:oauth:token-type:jwt"


class FakeGcp(FakeCloud):
    """`url` is the proxy's, `metadata` host and port of the metadata server."""

    def __init__(self, authority: Authority, directory: Path) -> None:
        self.readers = {GSA, PRINCIPAL}
        self.impersonators = {PRINCIPAL}
        self.email = GSA
        self._directory = directory
        self._secrets: dict[str, list[dict[str, Any]]] = {}
        self.aliases: dict[str, int] = {}
        services = [f"{name}.{it}" for it in UNIVERSES for name in ("sts", "iamcredentials")]
        places = ["", *(f".{it}.rep" for it in LOCATIONS)]
        stores = [f"secretmanager{place}.{it}" for it in UNIVERSES for place in places]
        super().__init__(authority, "gcp", (*services, *stores))
        self.metadata = self.address

    @property
    def env(self) -> dict[str, str]:
        """Of a pod on GKE."""
        return {"GCE_METADATA_HOST": self.metadata}

    def configuration(self, **changes: Any) -> dict[str, str]:
        """The environment of a pod elsewhere, whose file differs by `changes`."""
        subject, file = self._directory / "gcp-token", self._directory / "cloud-credentials.json"
        if not subject.exists():
            self.give_token()
        found = {
            "type": "external_account",
            "audience": AUDIENCE,
            "subject_token_type": _JWT,
            "token_url": "https://sts.googleapis.com/v1/token",
            "credential_source": {"file": str(subject)},
            **changes,
        }
        file.write_text(json.dumps(found))
        return {"GOOGLE_APPLICATION_CREDENTIALS": str(file), "GOOGLE_CLOUD_PROJECT": PROJECT}

    def impersonating(self, **changes: Any) -> dict[str, str]:
        """Likewise, of one that becomes a service account."""
        base = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
        url = f"{base}/{GSA}:generateAccessToken"
        return self.configuration(service_account_impersonation_url=url, **changes)

    def give_token(self, text: str = "", **claims: Any) -> Path:
        """The pod's own token for Google, by default the right one; its file."""
        token = signed({"sub": SUBJECT, "aud": AUDIENCE, "exp": NOW + 600, **claims})
        file = self._directory / "gcp-token"
        file.write_text(text or token)
        return file

    def put(self, name: str, value: bytes, location: str = "", state: str = "ENABLED") -> None:
        """A new version of a secret."""
        place = f"/locations/{location}" if location else ""
        base = f"projects/{PROJECT}{place}/secrets/{name}"
        self._secrets.setdefault(base, []).append({"value": value, "state": state})

    def requests(self, kind: str) -> list[Asked]:
        return [it for it in self.asked if _kind(it) == kind]

    def kind(self, asked: Asked) -> str:
        """`metadata`, `sts`, `iam` or `secret`."""
        return _kind(asked)

    def right(self, kind: str, asked: Asked) -> Answer:
        return getattr(self, f"_{kind}")(asked)  # type: ignore[no-any-return]

    def _metadata(self, asked: Asked) -> Answer:
        flavor = {"Metadata-Flavor": "Google", "Server": "GKE Metadata Server"}
        text = {**flavor, "Content-Type": "application/text"}
        if asked.headers.get("metadata-flavor") != "Google":
            said = b"Missing Metadata-Flavor:Google header."
            return Answer(403, said, {**flavor, "Content-Type": "text/html"})
        path = urlsplit(asked.target).path.removeprefix("/computeMetadata/v1/").rstrip("/")
        own = "instance/service-accounts/default"
        if path == f"{own}/token":
            return Answer(200, self._token(self.email, SCOPE), flavor)
        if path == own:
            found = {"aliases": ["default"], "email": self.email, "scopes": [SCOPE]}
            return Answer(200, found, flavor)
        texts = {f"{own}/email": self.email, "project/project-id": PROJECT}
        texts |= {"": "computeMetadata/", "universe/universe-domain": "googleapis.com"}
        found_text = texts.get(path)
        return Answer(200 if found_text else 404, (found_text or "not found").encode(), text)

    def _sts(self, asked: Asked) -> Answer:
        form = asked.form
        if form["grant_type"] != "urn:ietf:params:oauth:grant-type:token-exchange":
            return _oauth("unsupported_grant_type", "Invalid grant type.")
        if form["audience"] != AUDIENCE:
            said = 'The target service indicated by the "audience" parameters is invalid. This '
            said += "might either be because the pool or provider is disabled or deleted or "
            return _oauth("invalid_target", f"{said}because it doesn't exist.")
        claims = verified(form["subject_token"])
        if form["subject_token_type"] != _JWT or not claims:
            return _oauth("invalid_grant", "The given ID Token is not a valid JWT.")
        if claims["exp"] < NOW:
            return _oauth("invalid_grant", "ID Token issued at 0 is stale to sign-in.")
        if claims["aud"] != AUDIENCE:
            said = "The audience in ID Token does not match the expected audience."
            return _oauth("invalid_grant", said)
        who = f"principal:{POOL}/subject/{claims['sub']}"
        more = {"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
        return Answer(200, {**self._token(who, form["scope"]), **more})

    def _iam(self, asked: Asked) -> Answer:
        claims = self._claims(asked, IAM_SCOPE)
        body = json.loads(asked.body)
        found = re.search(r"/serviceAccounts/([^/:]+):generateAccessToken$", asked.target)
        if not found or not claims or body["scope"] != [SCOPE]:
            return refused(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        if claims["who"] not in self.impersonators:
            said = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource"
            return refused(403, "PERMISSION_DENIED", f"{said} (or it may not exist).")
        token = self._token(unquote(found[1]), SCOPE)["access_token"]
        return Answer(200, {"accessToken": token, "expireTime": "2025-11-30T12:00:00Z"})

    def _secret(self, asked: Asked) -> Answer:
        claims = self._claims(asked, SCOPE)
        if not claims:
            said = "Request had invalid authentication credentials. Expected OAuth 2 access token."
            return refused(401, "UNAUTHENTICATED", said, "ACCESS_TOKEN_TYPE_UNSUPPORTED")
        form = r"/v1/(projects/[^/]+(?:/locations/([^/]+))?/secrets/[^/]+)/versions/([^/]+):access"
        found = re.fullmatch(form, urlsplit(asked.target).path)
        if not found:
            return Answer(404, b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>")
        base, location, version = unquote(found[1]), found[2], unquote(found[3])
        label = f".{location}.rep" if location else ""
        if asked.host not in [f"secretmanager{label}.{it}" for it in UNIVERSES]:
            said = f"Invalid resource field value in the request: {base}"
            return refused(400, "INVALID_ARGUMENT", said)
        if claims["who"] not in self.readers:
            return refused(403, "PERMISSION_DENIED", denied(base, version), "IAM_PERMISSION_DENIED")
        return self._version(base, version)

    def _version(self, base: str, version: str) -> Answer:
        every = self._secrets.get(base, [])
        if not every:
            said = f"Secret [{_numbered(base)}] not found or has no versions."
            return refused(404, "NOT_FOUND", said)
        number = self.aliases.get(version, 0) if not version.isdigit() else int(version)
        number = len(every) if version == "latest" else number
        name = f"{_numbered(base)}/versions/{number or version}"
        if not 0 < number <= len(every):
            return refused(404, "NOT_FOUND", f"Secret Version [{name}] not found.")
        found = every[number - 1]
        if found["state"] != "ENABLED":  # external-secrets#4042
            said = f"Secret Version [{name}] is in {found['state']} state."
            return refused(400, "FAILED_PRECONDITION", said)
        return Answer(200, payload(name, found["value"]))

    def _token(self, who: str, scope: str) -> dict[str, Any]:
        text = signed({"who": who, "scope": scope, "nonce": f"pl4nted-{len(self.asked)}"})
        return {"access_token": f"ya29.{text}", "expires_in": 3599, "token_type": "Bearer"}

    def _claims(self, asked: Asked, scope: str) -> dict[str, Any]:
        _, _, token = asked.headers.get("authorization", "").partition(" ya29.")
        claims = verified(token)
        return claims if claims.get("scope") == scope else {}


def payload(name: str, value: bytes, checksum: int | None = None) -> dict[str, Any]:
    """As `versions.access` gives it."""
    said = crc.bitwise(value) if checksum is None else checksum
    data = {"data": base64.b64encode(value).decode()} if value else {}
    return {"name": name, "payload": {**data, "dataCrc32c": str(said)}}


def denied(base: str, version: str) -> str:
    """As users show it, such as in external-secrets#4828."""
    what = "Permission 'secretmanager.versions.access' denied for resource"
    return f"{what} '{base}/versions/{version}' (or it may not exist)."


def refused(status: int, code: str, message: str, reason: str = "") -> Answer:
    """As services of Google's say it: https://cloud.google.com/apis/design/errors."""
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    found = {"@type": kind, "reason": reason, "domain": "googleapis.com"}
    more = {"details": [found]} if reason else {}
    return Answer(status, {"error": {"code": status, "message": message, "status": code, **more}})


def _oauth(error: str, text: str) -> Answer:
    return Answer(400, {"error": error, "error_description": text})


def _kind(asked: Asked) -> str:
    if asked.target.startswith("/computeMetadata") or asked.target == "/":
        return "metadata"
    first = asked.host.partition(".")[0]
    return {"sts": "sts", "iamcredentials": "iam"}.get(first, "secret")


def _numbered(base: str) -> str:
    """Google names projects by number in what it answers."""
    return base.replace(f"projects/{PROJECT}", f"projects/{NUMBER}")
