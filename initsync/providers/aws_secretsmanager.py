"""AWS Secrets Manager: one GetSecretValue, as whoever this pod is in AWS."""

import re
from collections.abc import Callable, Mapping
from functools import cache

from initsync import secretdata
from initsync.aws import api, endpoints
from initsync.aws.credentials import Identity
from initsync.aws.sigv4 import Credentials
from initsync.errors import (
    AccessDenied,
    InvalidSecretData,
    InvalidSetup,
    JasmError,
    NoIdentity,
    ProviderUnavailable,
    SecretNotFound,
)
from initsync.model import ExternalSecret
from initsync.transport import Connection, trusting

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, Name
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_ARN = re.compile(r"arn:[-a-z0-9]+:secretsmanager:[-a-z0-9]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+")
_ARN_LIMIT = 2048

_DENIED = ("AccessDeniedException", "AccessDenied")
_NOT_THERE = (
    "ResourceNotFoundException",
    "InvalidRequestException",  # marked for deletion
    "InvalidParameterException",
    "ValidationException",
)


class Provider:
    """Satisfies `initsync.model.SecretProvider`; keeps identity and connection between calls."""

    name = "aws-secretsmanager"

    def __init__(self, env: Mapping[str, str], now: Callable[[], float], sdk: bool = False) -> None:
        self._env = env
        self._now = now
        self._tls = cache(lambda: trusting(env.get("AWS_CA_BUNDLE") or None))
        self._connections: dict[tuple[str, str], Connection] = {}
        self._region = ""
        self._identity = Identity(env, now, self._sts, self._open, sdk=sdk)

    def check_path(self, path: str) -> str | None:
        """The rule of Secrets Manager that `path` breaks."""
        if _NAME.fullmatch(path) or (_ARN.fullmatch(path) and len(path) <= _ARN_LIMIT):
            return None
        return (
            "must be a name (letters, digits and /_+=.@-, at most 512 characters) or a full ARN, "
            "arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME"
        )

    def fetch(self, path: str) -> ExternalSecret:
        """The current version of the secret at `path`."""
        self._region = self._region_of(path)
        credentials = self._identity.credentials()
        connection = self._connection("secretsmanager", self._region)
        try:
            answer = api.get_secret_value(connection, path, credentials, self._region, self._now())
        except api.ServiceError as error:
            raise self._failure(path, credentials, error) from error
        return ExternalSecret(self._data(path, answer.get("SecretString")), path, self.name)

    def _data(self, path: str, text: object) -> dict[str, str]:
        if not isinstance(text, str):
            problem = "it is binary (SecretBinary): store a JSON object of keys and values instead"
            raise InvalidSecretData(self.name, path, problem)
        try:
            return secretdata.parse(text)
        except secretdata.NotSecretData as error:
            raise InvalidSecretData(self.name, path, str(error)) from None

    def _failure(self, path: str, credentials: Credentials, error: api.ServiceError) -> JasmError:
        if error.code in _NOT_THERE:
            return SecretNotFound(self.name, path, self._region, error.message)
        if error.code == "DecryptionFailure" or (error.code in _DENIED and "KMS" in error.message):
            permission = "kms:Decrypt on the KMS key of that secret"
        elif error.code in _DENIED:
            permission = f"secretsmanager:GetSecretValue on {path} in {self._region}"
        elif error.status in (400, 403):
            advice = "check the clock of the node and the credentials; delete the pod to begin anew"
            return NoIdentity([f"{credentials.role}: AWS refused it ({error})"], advice)
        else:
            return ProviderUnavailable(self.name, str(error))
        return AccessDenied(self.name, permission, credentials.role, error.message)

    def _region_of(self, path: str) -> str:
        region = endpoints.region_of(path, self._env)
        if region is None:
            problem = f"no AWS region for {path}: none of {', '.join(endpoints.REGION_VARIABLES)}"
            raise InvalidSetup(f"{problem} is set", "set one, or give the secret's full ARN")
        if not endpoints.valid_region(region):
            raise InvalidSetup(f"{region!r} is no AWS region", "set AWS_REGION, such as eu-west-1")
        return region

    def _sts(self) -> Connection:
        return self._connection("sts", endpoints.region_of("", self._env) or self._region)

    def _open(self, url: str, timeout: float) -> Connection:
        return Connection(url, self._tls, timeout)

    def _connection(self, service: str, region: str) -> Connection:
        place = (service, region)
        if place not in self._connections:
            url = endpoints.base_url(service, region, self._env)
            shared = (found for found in self._connections.values() if found.url == url)
            self._connections[place] = next(shared, None) or Connection(url, self._tls)
        return self._connections[place]
