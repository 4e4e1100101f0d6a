"""The AWS identity of this process: one source after the other, as the SDKs do.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
The only importer of boto3, and only for the CLI (D1, D2).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from initsync.network.transport import Connection
from initsync.providers.aws import api, container
from initsync.providers.aws.sigv4 import Credentials
from initsync.words.errors import NoIdentity, ProviderUnavailable
from initsync.words.wording import install

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
    """Profiles, SSO, processes, instance metadata: whatever boto3 finds."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return f"boto3: not installed ({install('cli')})"
    try:
        session: Any = boto3.Session()
        found = session.get_credentials()
        frozen = found and found.get_frozen_credentials()
    except (BotoCoreError, ClientError) as error:
        return f"boto3: {' '.join(str(error).split())}"
    if not frozen:
        return "boto3 (profiles, SSO, processes, instance metadata): nothing found"
    role = f"the identity that boto3 found by {found.method}"
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "", role=role)


def sdk_region() -> str | None:
    """The region of the profile that boto3 would take, an empty AWS_DEFAULT_REGION aside."""
    try:
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session

        session: Any = Session()
        region: str | None = session.get_config_variable("region")
        return region or session.get_scoped_config().get("region") or None
    except (ImportError, BotoCoreError):  # told where the credentials are asked for
        return None
