"""Who asks AWS: the identity of this process, and what its providers do with it alike.

One source after the other, as the SDKs do:
https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

import re
from _thread import allocate_lock
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from initsync.network.transport import LEAST, Connection, Network
from initsync.providers.aws import api, container, endpoints
from initsync.providers.aws.sigv4 import Credentials
from initsync.words.errors import InvalidSetup, NoIdentity, ProviderUnavailable
from initsync.words.model import ExternalSecret

_EARLY = 60.0  # seconds before their end at which credentials are no longer begun with
_SESSION_LIMIT = 64
ADVICE = (
    "give the pod's ServiceAccount an EKS Pod Identity association, or annotate it "
    "eks.amazonaws.com/role-arn: arn:aws:iam::ACCOUNT:role/ROLE; "
    "if it has one, delete the pod so that admission runs again"
)

LOGIN = "log in, such as by aws sso login, or set AWS_PROFILE to a profile that may read the secret"
"""Instead, to a person, whose identity is not the pod's."""


class Identity:
    """Credentials, kept until shortly before they expire.

    `sts` gives the connection to STS, `connect` one to a URL with a timeout in seconds, `sdk`
    allows boto3's own sources as the last ones, `now` is epoch seconds.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        now: Callable[[], float],
        sts: Callable[[], Connection],
        connect: Callable[[str, float], Connection],
        *,
        sdk: bool,
    ) -> None:
        self._env = env
        self._now = now
        self._sts = sts
        self._connect = connect
        own = (self._static, self._web_identity, self._container)
        self._sources = (*own, *((_from_sdk,) if sdk else ()))
        self.advice = LOGIN if sdk else ADVICE
        """What whoever asks may do to have one."""
        self._kept: Credentials | None = None

    def credentials(self) -> Credentials:
        """Usable ones. Raises NoIdentity, AccessDenied and ProviderUnavailable."""
        if self._kept is None or self._kept.expires - _EARLY < self._now():
            self._kept = self._first()
        return self._kept

    def _first(self) -> Credentials:
        tried: list[str] = []
        for source in self._sources:
            found = source()
            if isinstance(found, Credentials):
                return found
            tried.append(found)
        raise NoIdentity(tried, self.advice)

    def _static(self) -> Credentials | str:
        key, secret = (
            self._env.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        )
        if not (key + secret).isascii():
            return "static keys: they hold characters that no key has"
        if key and secret:
            return Credentials(key, secret, self._env.get("AWS_SESSION_TOKEN", ""), static=True)
        missing = "AWS_SECRET_ACCESS_KEY" if key else "AWS_ACCESS_KEY_ID"
        return f"static keys: {missing} is not set"

    def _web_identity(self) -> Credentials | str:
        role, path = (
            self._env.get(name, "") for name in ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
        )
        if not role or not path:
            missing = "AWS_WEB_IDENTITY_TOKEN_FILE" if role else "AWS_ROLE_ARN"
            return f"IRSA: {missing} is not set"
        try:
            with open(path, encoding="ascii") as file:
                token = file.read().strip()
        except (OSError, UnicodeDecodeError) as error:
            problem = getattr(error, "strerror", None) or "it is not a token"
            return f"IRSA: cannot read {path} ({problem})"
        return self._assumed(role, token)

    def _container(self) -> Credentials | str:
        return container.credentials(self._env, self._connect)

    def _assumed(self, role: str, token: str) -> Credentials:
        try:
            found = api.assume_role_with_web_identity(
                self._sts(), role, self._session(), token, self._now()
            )
            expires = container.end(found["Expiration"])
        except api.ServiceError as error:
            from initsync.providers.aws import failures  # a good sync never loads it

            raise failures.of_web_identity(error, role, self.advice) from error
        except ValueError:
            detail = "it gave credentials without a date at which they end"
            raise ProviderUnavailable("AWS STS", detail) from None
        return Credentials(
            found["AccessKeyId"],
            found["SecretAccessKey"],
            found["SessionToken"],
            expires,
            role,
        )

    def _session(self) -> str:
        """The name under which CloudTrail shows this pod: its own, unless the env has one."""
        pod = re.sub(r"[^-\w+=,.@]", "-", self._env.get("HOSTNAME", "init"), flags=re.ASCII)
        return self._env.get("AWS_ROLE_SESSION_NAME") or f"jasm-{pod}"[:_SESSION_LIMIT]


def _from_sdk() -> Credentials | str:
    from initsync.providers.aws import sdk  # no pod asks it

    return sdk.credentials()


class Wanted(NamedTuple):
    """What a service is asked for."""

    path: str
    region: str
    version: str = ""
    """As the entry has it; empty: the current one."""


class Client:
    """Who this process is to AWS, and its ways there, kept between calls: what providers share."""

    name = ""
    """The annotation's `provider`."""
    service = ""
    """That has the secrets, as endpoints name it."""

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
        self._services = api.Services(env, network)
        self._asking = allocate_lock()
        """One identity, however many secrets are asked for at once."""
        self._region = ""
        self._identity = Identity(env, now, self._sts, self._services.direct, sdk=sdk)

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        """What is at `path`: the current version, or another that has a name."""
        self._region = region = self._region_of(path)
        return self._read(Wanted(path, region, version))

    def prepare(self, path: str) -> None:
        """Have credentials for `path`, which are kept. Raises as `fetch` does."""
        self._region = self._region_of(path)
        self._credentials()

    def whoami(self, path: str) -> str:
        """The ARN of who asks for `path`."""
        from initsync.providers.aws.caller import get_caller_identity  # no pod asks it

        self._region = self._region_of(path)
        credentials = self._identity.credentials()
        region = endpoints.signing_region("sts", self._sts_region())
        return get_caller_identity(self._sts(), credentials, region, self._now())

    def _read(self, wanted: Wanted) -> ExternalSecret:
        """The provider's own part of `fetch`."""
        raise NotImplementedError

    def _ask(
        self, operation: api.Operation, parameters: Mapping[str, Any], wanted: Wanted
    ) -> dict[str, Any]:
        """The service's answer. Raises as `fetch` does."""
        credentials = self._credentials()
        connection = self._services.connection(self.service, wanted.region)
        region = endpoints.signing_region(self.service, wanted.region)
        try:
            return api.ask(connection, operation, parameters, credentials, region, self._now())
        except api.ServiceError as error:
            from initsync.providers.aws import failures  # a good sync never loads it

            asked = failures.Asked(self.name, operation, wanted, credentials, self._sdk)
            raise failures.of_secret(error, asked) from error

    def _credentials(self) -> Credentials:
        if not self._asking.acquire(timeout=max(self._network.left(), LEAST)):
            raise ProviderUnavailable("AWS", "an earlier request for an identity is not answered")
        try:
            return self._identity.credentials()
        finally:
            self._asking.release()

    def _region_of(self, path: str) -> str:
        region = endpoints.region_of(path, self._env) or (_sdk_region() if self._sdk else None)
        if region is None:
            problem = f"no AWS region for {path}: none of {', '.join(endpoints.REGION_VARIABLES)}"
            raise InvalidSetup(f"{problem} is set", "set one, or give the secret's full ARN")
        return self._services.valid(self.service, region)

    def _sts(self) -> Connection:
        return self._services.connection("sts", self._sts_region())

    def _sts_region(self) -> str:
        return endpoints.region_of("", self._env) or self._region


def _sdk_region() -> str | None:
    from initsync.providers.aws import sdk  # no pod asks it

    return sdk.region()
