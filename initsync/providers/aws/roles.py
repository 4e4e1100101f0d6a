"""Roles that the pod's own identity assumes, such as those of other accounts.

Loaded only for an entry that names one.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from initsync.network.transport import Connection
from initsync.providers.aws import api, fields
from initsync.providers.aws.sigv4 import Credentials, sign
from initsync.words.errors import InvalidSetup

EARLY = 60.0
"""Seconds before their end at which credentials are no longer begun with."""


class Role(NamedTuple):
    """One that an entry names."""

    arn: str
    external_id: str = ""


def named(options: Mapping[str, str]) -> Role | None:
    """The one that an entry's fields name. Raises InvalidSetup for an external ID of no role."""
    arn, external_id = options.get(fields.ROLE, ""), options.get(fields.EXTERNAL_ID, "")
    if external_id and not arn:
        problem = f"an entry has {fields.EXTERNAL_ID} and no {fields.ROLE}"
        raise InvalidSetup(problem, "name the role that wants it, or leave it out")
    return Role(arn, external_id) if arn else None


class Sts(NamedTuple):
    """Who gives credentials: the connection, and the region that a signature names."""

    connection: Connection
    region: str


class Roles:
    """Keeps the credentials of roles until shortly before they end.

    `now` is epoch seconds, `session` the name under which CloudTrail shows this pod, `kept` what is
    known already, `by_hand` whether the own identity is a person's.
    """

    def __init__(
        self,
        now: Callable[[], float],
        session: str,
        kept: dict[Role, Credentials],
        *,
        by_hand: bool,
    ) -> None:
        self._now = now
        self._session = session
        self._by_hand = by_hand
        self._kept = kept

    def credentials(self, role: Role, own: Credentials, sts: Sts) -> Credentials:
        """Usable ones. Raises AccessDenied, NoIdentity and ProviderUnavailable."""
        kept = self._kept.get(role)
        if kept is None or kept.expires - EARLY < self._now():
            kept = self._kept[role] = self._assumed(role, own, sts)
        return kept

    def _assumed(self, role: Role, own: Credentials, sts: Sts) -> Credentials:
        try:
            return _assume_role(sts, role, self._session, own, self._now())
        except api.ServiceError as error:
            from initsync.providers.aws import failures  # a good sync never loads it

            raise failures.of_role(error, role.arn, own, by_hand=self._by_hand) from error


def _assume_role(sts: Sts, role: Role, session: str, own: Credentials, now: float) -> Credentials:
    parameters = {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": role.arn,
        "RoleSessionName": session,
        **({"ExternalId": role.external_id} if role.external_id else {}),
    }
    body = urlencode(parameters).encode()
    headers = {"host": sts.connection.authority, "content-type": api.FORM}
    path = sts.connection.prefix + "/"
    signed = sign("POST", path, headers, body, own, sts.region, "sts", now)
    return api.assumed(api.post(sts.connection, "AWS STS", signed, body), role.arn, now)
