"""AWS Secrets Manager: one GetSecretValue, as whoever this pod is in AWS."""

import base64
from _thread import allocate_lock
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from initsync.network.transport import LEAST, Connection, Network
from initsync.network.trust import System, trusting
from initsync.providers.aws import api, endpoints
from initsync.providers.aws.credentials import Identity, sdk_region
from initsync.providers.aws.sigv4 import Credentials
from initsync.words.errors import InvalidSecretData, InvalidSetup, ProviderUnavailable
from initsync.words.model import ExternalSecret
from initsync.words.wording import shown


class Provider:
    """A `SecretProvider` that keeps its identity and connections between calls."""

    name = "aws-secretsmanager"

    def __init__(
        self,
        env: Mapping[str, str],
        now: Callable[[], float],
        network: Network,
        sdk: bool = False,
    ) -> None:
        self._env = env
        self._now = now
        self._network = network
        self._sdk = sdk
        bundle = env.get("AWS_CA_BUNDLE")
        self._tls = cache(lambda: trusting(bundle)) if bundle else System()
        self._connections: dict[tuple[str, str], Connection] = {}
        self._opening, self._asking = allocate_lock(), allocate_lock()
        """One connection a host and one identity, however many secrets are asked for at once."""
        self._region = ""
        self._identity = Identity(env, now, self._sts, self._open, sdk=sdk)

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        """The secret at `path`: its current version, or one by its id or stage."""
        self._region = place = self._region_of(path)
        credentials = self._credentials()
        connection = self._connection("secretsmanager", place)
        region = endpoints.signing_region("secretsmanager", place)
        wanted = api.Wanted(path, version)
        try:
            answer = api.get_secret_value(connection, wanted, credentials, region, self._now())
        except api.ServiceError as error:
            from initsync.providers.aws import failures  # a good sync never loads it

            asked = failures.Asked(self.name, path, place, credentials, self._sdk, version)
            raise failures.of_secret(error, asked) from error
        found = str(answer.get("VersionId") or "")
        return ExternalSecret(self._content(path, answer), path, self.name, found)

    def prepare(self, path: str) -> None:
        """Have credentials for `path`, which are kept. Raises as `fetch` does."""
        self._region = self._region_of(path)
        self._credentials()

    def whoami(self, path: str) -> str:
        """The ARN of who asks for `path`."""
        from initsync.providers.aws.caller import get_caller_identity  # no pod asks it

        self._region = self._region_of(path)
        credentials = self._identity.credentials()
        region = endpoints.region_of("", self._env) or self._region
        region = endpoints.signing_region("sts", region)
        return get_caller_identity(self._sts(), credentials, region, self._now())

    def _credentials(self) -> Credentials:
        if not self._asking.acquire(timeout=max(self._network.left(), LEAST)):
            raise ProviderUnavailable("AWS", "an earlier request for an identity is not answered")
        try:
            return self._identity.credentials()
        finally:
            self._asking.release()

    def _content(self, path: str, answer: Mapping[str, Any]) -> str | bytes:
        """SecretString, or SecretBinary, which the wire has in base64.

        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
        """
        text, binary = answer.get("SecretString"), answer.get("SecretBinary")
        if isinstance(text, str):
            return text
        try:
            return base64.b64decode(binary or "", validate=True) if binary else self._none(path)
        except (TypeError, ValueError):
            detail = "it gave a SecretBinary that is no base64"
            raise ProviderUnavailable("AWS Secrets Manager", detail) from None

    def _none(self, path: str) -> bytes:
        problem = "it has no value: store a JSON object of keys and values there"
        raise InvalidSecretData(self.name, path, problem)

    def _region_of(self, path: str) -> str:
        region = endpoints.region_of(path, self._env) or (sdk_region() if self._sdk else None)
        if region is None:
            problem = f"no AWS region for {path}: none of {', '.join(endpoints.REGION_VARIABLES)}"
            raise InvalidSetup(f"{problem} is set", "set one, or give the secret's full ARN")
        return self._valid("secretsmanager", region)

    def _valid(self, service: str, region: str) -> str:
        if not endpoints.usable_region(service, region, self._env):
            problem = f"{shown(region)} is no AWS region"
            raise InvalidSetup(problem, "set AWS_REGION, such as eu-west-1")
        return region

    def _sts(self) -> Connection:
        region = endpoints.region_of("", self._env) or self._region
        return self._connection("sts", self._valid("sts", region))

    def _open(self, url: str, timeout: float) -> Connection:
        return self._network.direct(url, self._tls, timeout, api.CREDENTIALS_LIMIT)

    def _connection(self, service: str, region: str) -> Connection:
        place = (service, region)
        with self._opening:
            if place not in self._connections:
                url = endpoints.base_url(service, region, self._env)
                shared = (found for found in self._connections.values() if found.url == url)
                opened = next(shared, None) or self._network.proxied(url, self._tls, api.LIMIT)
                self._connections[place] = opened
            return self._connections[place]
