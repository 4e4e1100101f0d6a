"""AWS Secrets Manager: one GetSecretValue, as whoever this pod is in AWS."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from initsync.formats.json import NotSecretData, bounded, parse
from initsync.network.transport import Connection, Network
from initsync.network.trust import System, trusting
from initsync.providers.aws import api, endpoints
from initsync.providers.aws.credentials import Identity, sdk_region
from initsync.words.errors import InvalidSecretData, InvalidSetup
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
        self._region = ""
        self._identity = Identity(env, now, self._sts, self._open, sdk=sdk)

    def fetch(self, path: str) -> ExternalSecret:
        """The current version of the secret at `path`."""
        self._region = self._region_of(path)
        credentials = self._identity.credentials()
        connection = self._connection("secretsmanager", self._region)
        region = endpoints.signing_region("secretsmanager", self._region)
        try:
            answer = api.get_secret_value(connection, path, credentials, region, self._now())
        except api.ServiceError as error:
            from initsync.providers.aws import failures  # a good sync never loads it

            asked = failures.Asked(self.name, path, self._region, credentials, self._sdk)
            raise failures.of_secret(error, asked) from error
        version = str(answer.get("VersionId") or "")
        return ExternalSecret(self._data(path, answer), path, self.name, version)

    def whoami(self, path: str) -> str:
        """The ARN of who asks for `path`."""
        from initsync.providers.aws.caller import get_caller_identity  # no pod asks it

        self._region = self._region_of(path)
        credentials = self._identity.credentials()
        region = endpoints.region_of("", self._env) or self._region
        region = endpoints.signing_region("sts", region)
        return get_caller_identity(self._sts(), credentials, region, self._now())

    def _data(self, path: str, answer: Mapping[str, Any]) -> dict[str, str]:
        text = answer.get("SecretString")
        if not isinstance(text, str):
            what = "is binary (SecretBinary)" if answer.get("SecretBinary") else "has no text"
            problem = f"it {what}: store a JSON object of keys and values instead"
            raise InvalidSecretData(self.name, path, problem)
        try:
            return parse(bounded(text))
        except NotSecretData as error:
            raise InvalidSecretData(self.name, path, str(error)) from None

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
        if place not in self._connections:
            url = endpoints.base_url(service, region, self._env)
            shared = (found for found in self._connections.values() if found.url == url)
            opened = next(shared, None) or self._network.proxied(url, self._tls, api.LIMIT)
            self._connections[place] = opened
        return self._connections[place]
