"""Who asks AWS: the identity of this process, and what its providers do with it alike.

One source after the other, as the SDKs do:
https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

import re
from _thread import allocate_lock
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from initsync.network.transport import Connection, Network, Turn
from initsync.providers.aws import api, container, endpoints
from initsync.providers.aws.api import Wanted
from initsync.providers.aws.sigv4 import Credentials
from initsync.words.errors import NoIdentity, ProviderUnavailable
from initsync.words.model import ExternalSecret

if TYPE_CHECKING:  # few entries name one
    from initsync.providers.aws import failover, roles

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
        last = partial(container.credentials, env, connect)
        self._sources: list[Callable[[], Credentials | str]]
        self._sources = [self._static, self._web_identity, last]
        if sdk:
            from initsync.providers.aws.sdk import credentials  # no pod asks it

            self._sources.append(credentials)
        self.advice = LOGIN if sdk else ADVICE
        """What whoever asks may do to have one."""
        self.kept: Credentials | None = None

    def credentials(self) -> Credentials:
        """Usable ones. Raises NoIdentity, AccessDenied and ProviderUnavailable."""
        if self.kept is None or self.kept.expires - _EARLY < self._now():
            self.kept = self._first()
        return self.kept

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

    def _assumed(self, role: str, token: str) -> Credentials:
        try:
            return api.assume_role_with_web_identity(
                self._sts(), role, self.session(), token, self._now()
            )
        except api.ServiceError as error:
            from initsync.providers.aws import failures  # a good sync never loads it

            raise failures.of_web_identity(error, role, self.advice) from error

    def session(self) -> str:
        """The name under which CloudTrail shows this pod: its own, unless the env has one."""
        pod = re.sub(r"[^-\w+=,.@]", "-", self._env.get("HOSTNAME", "init"), flags=re.ASCII)
        return self._env.get("AWS_ROLE_SESSION_NAME") or f"jasm-{pod}"[:_SESSION_LIMIT]


class Asker:
    """Who asks AWS, and the ways there: one for all providers of AWS that a sync has (D31)."""

    def __init__(
        self, env: Mapping[str, str], now: Callable[[], float], network: Network, *, sdk: bool
    ) -> None:
        self._env = env
        self._now = now
        self._sdk = sdk
        self.services = api.Services(env, network)
        late = "an earlier request for an identity is not answered"
        self._turn = Turn(network.left, lambda: ProviderUnavailable("AWS", late))
        self._region = ""
        """The region whose STS is asked."""
        self.identity = Identity(env, now, self._sts, self.services.direct, sdk=sdk)
        self.assumed: dict[roles.Role, Credentials] = {}
        """The credentials of each role that was assumed."""

    def credentials(self, wanted: Wanted) -> Credentials:
        """The pod's own, or those of the role that the entry names. Raises as `Client.fetch`."""
        with self._turn:
            self._region = wanted.sts or endpoints.region_of("", self._env) or wanted.region
            own = self.identity.credentials()
            return self._assumed(wanted.role, own) if wanted.role else own

    def arn(self, wanted: Wanted) -> str:
        """Whom AWS takes it for."""
        from initsync.providers.aws.caller import get_caller_identity  # no pod asks it

        credentials = self.credentials(wanted)
        region = endpoints.signing_region("sts", self._region)
        return get_caller_identity(self._sts(), credentials, region, self._now())

    def _assumed(self, role: "roles.Role", own: Credentials) -> Credentials:
        from initsync.providers.aws import roles

        session = self.identity.session()
        known = roles.Roles(self._now, session, self.assumed, by_hand=self._sdk)
        region = endpoints.signing_region("sts", self._region)
        return known.credentials(role, own, roles.Sts(self._sts(), region))

    def _sts(self) -> Connection:
        return self.services.connection("sts", self._region)


class Client:
    """What AWS's providers do alike, between calls, too."""

    name = ""
    """The value of the annotation's `provider`."""
    service = ""
    """The service that has the secrets, as endpoints name it."""

    def __init__(
        self, env: Mapping[str, str], now: Callable[[], float], network: Network, sdk: bool = False
    ) -> None:
        self._env = env
        self._now = now
        self._network = network
        self._sdk = sdk
        self._asker = Asker(env, now, network, sdk=sdk)
        self._making = allocate_lock()
        self._failover: failover.Failover | None = None

    def join(self, others: Iterable[object]) -> None:
        """Ask as the first other one of AWS's does, over its connections."""
        self._asker = next((it._asker for it in others if isinstance(it, Client)), self._asker)

    @property
    def kept(self) -> tuple[Any, Any]:
        """Credentials, own and by role, for the next of a sidecar's syncs."""
        return self._asker.identity.kept, self._asker.assumed

    @kept.setter
    def kept(self, found: tuple[Any, Any]) -> None:
        self._asker.identity.kept, self._asker.assumed = found

    def fetch(
        self, path: str, version: str = "", options: Mapping[str, str] | None = None
    ) -> ExternalSecret:
        """What is at `path`: the current version, or another that has a name."""
        wanted = Wanted(path, self._region_of(path), version)
        if options:
            from initsync.providers.aws import roles  # few entries have any

            wanted = wanted._replace(role=roles.named(options))
        second = (options or {}).get("failoverRegion") or self._env.get(endpoints.FAILOVER_VARIABLE)
        return self._read_in(wanted, second) if second else self._read(wanted)

    def prepare(self, path: str) -> None:
        """Have credentials for `path`, which are kept. Raises as `fetch` does."""
        self._asker.credentials(Wanted(path, self._region_of(path)))

    def whoami(self, path: str) -> str:
        """The ARN of who asks for `path`."""
        return self._asker.arn(Wanted(path, self._region_of(path)))

    def _read(self, wanted: Wanted) -> ExternalSecret:
        """The provider's own part of `fetch`."""
        raise NotImplementedError

    def _read_in(self, wanted: Wanted, second: str) -> ExternalSecret:
        from initsync.providers.aws import failover  # few platforms and entries name one

        if self._asker.services.valid(self.service, second) == wanted.region:
            return self._read(wanted)
        with self._making:
            made = failover.Failover(self._now, self._network.left)
            self._failover = known = self._failover or made
        return known.read(wanted, second, self._read)

    def _ask(
        self, operation: api.Operation, parameters: Mapping[str, Any], wanted: Wanted
    ) -> dict[str, Any]:
        """Its answer. Raises as `fetch` does."""
        credentials = self._asker.credentials(wanted)
        connection = self._asker.services.connection(self.service, wanted.region)
        region = endpoints.signing_region(self.service, wanted.region)
        try:
            return api.ask(connection, operation, parameters, credentials, region, self._now())
        except api.ServiceError as error:
            from initsync.providers.aws import failures  # a good sync never loads it

            asked = failures.Asked(self.name, operation, wanted, credentials, self._sdk)
            raise failures.of_secret(error, asked) from error

    def _region_of(self, path: str) -> str:
        region = endpoints.needed_region(path, self._env, sdk=self._sdk)
        return self._asker.services.valid(self.service, region)
