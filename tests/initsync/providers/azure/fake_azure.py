"""A loopback Azure: Microsoft Entra's token endpoint and Key Vaults, of all clouds.

It is reached as a proxy, so that clients use Azure's own names of hosts, and it sees which.
Answers have the shapes of Microsoft's recordings of calls to the real service, which
https://github.com/Azure/azure-sdk-for-python has under
sdk/keyvault/azure-keyvault-secrets/tests/recordings; those of refusals are also from what users
report, as comments name it. It is strict where a lean client could be wrong: scope, assertion,
audience of the token, version of the API.
"""

import re
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from initsync.testing.pki import Authority
from tests.initsync.providers.fake_cloud import Answer, Asked, FakeCloud, signed, verified

TENANT, CLIENT = "11111111-2222-3333-4444-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
ISSUER, SUBJECT = "https://oidc.example/cluster", "system:serviceaccount:shop:app"
AUDIENCE, BOUND_AUDIENCE = "api://AzureADTokenExchange", "api://AKSIdentityBinding"
BINDING = "/bound"
"""The path of the token proxy that AKS has for identities that are bound to a cluster."""
NOW = 1_764_500_000
CLOUDS = {
    "login.microsoftonline.com": "vault.azure.net",
    "login.chinacloudapi.cn": "vault.azure.cn",
    "login.microsoftonline.us": "vault.usgovcloudapi.net",
    "login.sovcloud-identity.fr": "vault.sovcloud-api.fr",
    "login.example.test": "vault.example.test",
}
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_VERSIONS = {"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"}


class FakeAzure(FakeCloud):
    """`url` is the proxy's; `ca` the file of whom to trust."""

    def __init__(self, authority: Authority, directory: Path) -> None:
        self.readers = {CLIENT}
        self._secrets: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._token_file = directory / "azure-identity-token"
        self.give_token()
        hosts = [name for login, suffix in CLOUDS.items() for name in (login, f"*.{suffix}")]
        super().__init__(authority, "azure", tuple(hosts))

    @property
    def env(self) -> dict[str, str]:
        """What the webhook of workload identity gives a pod."""
        return {
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_TENANT_ID": TENANT,
            "AZURE_FEDERATED_TOKEN_FILE": str(self._token_file),
            "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
        }

    def give_token(self, **claims: Any) -> str:
        """Have the pod a ServiceAccount's token, by default the one that is federated."""
        token = signed({"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "exp": NOW + 600, **claims})
        self._token_file.write_text(token)
        return token

    def put(self, vault: str, name: str, value: str, **attributes: Any) -> str:
        """A new version of a secret; its id."""
        version = uuid.uuid4().hex
        found = {"value": value, "version": version, "attributes": attributes}
        self._secrets.setdefault((vault, name), []).append(found)
        return version

    def requests(self, method: str) -> list[Asked]:
        return [it for it in self.asked if it.method == method]

    def kind(self, asked: Asked) -> str:
        """`token` or `secret`."""
        return "token" if asked.host in CLOUDS or asked.target.startswith(BINDING) else "secret"

    def right(self, kind: str, asked: Asked) -> Answer:
        return self._entra(asked) if kind == "token" else self._vault(asked)

    def _entra(self, asked: Asked) -> Answer:
        wanted = AUDIENCE
        if asked.target.startswith(BINDING):
            entra = "login.microsoftonline.com"
            asked = asked._replace(host=entra, target=asked.target.removeprefix(BINDING))
            wanted = BOUND_AUDIENCE
        path, form = urlsplit(asked.target).path, asked.form
        if path.endswith("/.well-known/openid-configuration"):
            base = f"https://{asked.host}/{TENANT}"
            ends = {"token_endpoint": "token", "authorization_endpoint": "authorize"}
            found = {name: f"{base}/oauth2/v2.0/{end}" for name, end in ends.items()}
            return Answer(200, {**found, "issuer": f"{base}/v2.0"})
        if path != f"/{TENANT}/oauth2/v2.0/token":
            return _refused_login(400, "invalid_request", 90002, "Tenant not found.")
        if form["client_id"] != CLIENT:  # MicrosoftDocs/azure-docs#108526
            said = f"Application with identifier '{form['client_id']}' was not found."
            return _refused_login(400, "unauthorized_client", 700016, said)
        scope = f"https://{CLOUDS[asked.host]}/.default"
        if form["scope"] != scope or form["grant_type"] != "client_credentials":
            said = f"The provided value for scope {form['scope']} is not valid."
            return _refused_login(400, "invalid_scope", 1002012, said)
        claims = verified(form["client_assertion"])
        right = form["client_assertion_type"] == _ASSERTION and claims
        if not right or claims.get("exp", 0) < NOW:
            said = "Client assertion is not within its valid time range."
            return _refused_login(401, "invalid_client", 700024, said)
        if (claims["iss"], claims["sub"], claims["aud"]) != (ISSUER, SUBJECT, wanted):
            # external-secrets#2783, azure-workload-identity#1200
            said = f"No matching federated identity record found for '{claims['sub']}'."
            return _refused_login(401, "invalid_client", 700213, said)
        lasts = {"expires_in": 3599, "ext_expires_in": 3599}
        audience = scope.removesuffix("/.default")
        token = signed({"aud": audience, "appid": CLIENT, "nonce": f"pl4nted-{len(self.asked)}"})
        return Answer(200, {"token_type": "Bearer", **lasts, "access_token": token})

    def _vault(self, asked: Asked) -> Answer:
        vault, _, suffix = asked.host.partition(".")
        parts, query = urlsplit(asked.target), dict(parse_qsl(urlsplit(asked.target).query))
        login = next(login for login, its in CLOUDS.items() if its == suffix)
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        claims = verified(token)
        if scheme != "Bearer" or claims.get("aud") != f"https://{suffix}":
            challenge = f'Bearer authorization="https://{login}/{TENANT}"'
            resource = f'resource="https://{suffix}"'
            said = "AKV10000: Request is missing a Bearer or PoP token."
            answer = refused(401, "Unauthorized", said)
            return answer._replace(headers={"WWW-Authenticate": f"{challenge}, {resource}"})
        if query.get("api-version") not in _VERSIONS:
            return refused(400, "BadParameter", "The specified version is not recognized.")
        found = re.fullmatch(r"/secrets/([^/]+)(?:/([^/]*))?", parts.path)
        name, version = map(unquote, found.groups("")) if found else ("", "")
        if not re.fullmatch("[0-9a-zA-Z-]{1,127}", name):
            said = f"The request URI contains an invalid name: {name}"
            return refused(400, "BadParameter", said)
        if claims["appid"] not in self.readers:
            return refused(403, "Forbidden", denied(vault, name), "ForbiddenByRbac")
        return self._secret(asked.host, vault, name, version)

    def _secret(self, host: str, vault: str, name: str, version: str) -> Answer:
        every = self._secrets.get((vault, name), [])
        every = [it for it in every if version in ("", it["version"])]
        if not every:
            said = f"A secret with (name/id) {name}{version and f'/{version}'} was not found in "
            return refused(404, "SecretNotFound", f"{said}this key vault.")
        last = every[-1]
        attributes = {"enabled": True, **last["attributes"], "created": NOW, "updated": NOW}
        if not attributes["enabled"]:  # Azure/azure-sdk-for-js#24756
            said = "Operation get is not allowed on a disabled secret."
            return refused(403, "Forbidden", said, "SecretDisabled")
        attributes |= {"recoveryLevel": "CustomizedRecoverable+Purgeable", "recoverableDays": 7}
        identifier = f"https://{host}/secrets/{name}/{last['version']}"
        body = {"value": last["value"], "id": identifier, "attributes": attributes}
        return Answer(200, body)


def denied(vault: str, name: str) -> str:
    """As users show it, such as in piyushsachdeva/Terraform_AKS#2."""
    return (
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny "
        "assignments or role definitions were changed recently, please observe propagation time."
        f"\r\nCaller: appid={CLIENT};oid=0;iss=https://sts.windows.net/{TENANT}/\r\nAction: "
        "'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\nResource: '/subscriptions/s/"
        f"resourcegroups/r/providers/microsoft.keyvault/vaults/{vault}/secrets/{name}'\r\n"
        "Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: "
        f"'DeniedWithNoValidRBAC' \r\nVault: {vault};location=westeurope\r\n"
    )


def refused(status: int, code: str, message: str, inner: str = "") -> Answer:
    """As a vault says it."""
    more = {"innererror": {"code": inner}} if inner else {}
    return Answer(status, {"error": {"code": code, "message": message, **more}})


def _refused_login(status: int, error: str, code: int, text: str) -> Answer:
    stamp = "2025-11-30 12:00:00Z"
    said = f"AADSTS{code}: {text} Trace ID: t Correlation ID: c Timestamp: {stamp}"
    body = {"error": error, "error_description": said, "error_codes": [code], "timestamp": stamp}
    more = {"trace_id": "t", "correlation_id": "c", "error_uri": f"https://{code}.example"}
    return Answer(status, {**body, **more})
