"""Who this process is to Google: a credential configuration file, or GKE's metadata server.

For people also whom `gcloud` is logged in as.
https://cloud.google.com/docs/authentication/application-default-credentials
"""

import os.path
from collections.abc import Callable, Mapping
from typing import NamedTuple

from initsync.network.transport import Connection
from initsync.providers.bearer import Bearer
from initsync.words import keys
from initsync.words.errors import InvalidSetup, NoIdentity

FILE = "GOOGLE_APPLICATION_CREDENTIALS"
DEFAULT_FILE = f"{keys.SERVICEACCOUNT_DIR}/{keys.CREDENTIALS_FILE}"
"""Where the chart's `injection.credentials` puts one."""
LOGIN = "log in by gcloud auth login"
"""The advice to a person, whose identity is not the pod's."""


class Doors(NamedTuple):
    """How those who know an identity are reached."""

    platform: Callable[[], Connection]
    """Opens a connection to the platform's metadata server, past any proxy."""
    service: Callable[[str], Connection]
    """Opens a connection to the URL of a service of Google's."""


class Identity:
    """Who gets access tokens.

    `now` is epoch seconds; `sdk` allows the login of `gcloud`.
    """

    def __init__(
        self, env: Mapping[str, str], now: Callable[[], float], doors: Doors, *, sdk: bool
    ) -> None:
        self._env = env
        self._now = now
        self._doors = doors
        self._sdk = sdk

    @property
    def file(self) -> str:
        """The credential configuration's; empty where there is none."""
        found = self._env.get(FILE, "")
        return found or (DEFAULT_FILE if os.path.exists(DEFAULT_FILE) else "")

    def bearer(self) -> Bearer:
        """A new one. Raises NoIdentity, InvalidSetup and ProviderUnavailable."""
        if file := self.file:
            return self._of_file(file)
        if self._sdk:
            return self._of_gcloud(f"{FILE}: not set")
        from initsync.providers.gcp import metadata

        return metadata.bearer(self._doors.platform(), self._now())

    def _of_file(self, file: str) -> Bearer:
        from initsync.providers.gcp import external

        try:
            read = external.configuration(file, self._env)
        except InvalidSetup as error:
            if self._sdk:
                return self._of_gcloud(str(error), default=True)
            raise
        return external.bearer(read, self._doors.service, self._now())

    def _of_gcloud(self, tried: str, *, default: bool = False) -> Bearer:
        from initsync.providers.gcp import gcloud  # no pod has it

        found = gcloud.bearer(self._env, self._now(), default=default)
        if isinstance(found, Bearer):
            return found
        advice = f"unset {FILE} and {LOGIN}" if default else LOGIN
        raise NoIdentity([tried, found], advice)
