"""Azure Key Vault: one secret, as whoever this pod is in Azure."""

from _thread import allocate_lock
from collections.abc import Callable, Mapping
from typing import Any

from initsync.network.transport import Connection, Network
from initsync.network.trust import System
from initsync.providers.azure import api, clouds, paths
from initsync.providers.azure.entra import Identity, bound
from initsync.providers.bearer import Bearer, Bearers
from initsync.words.model import ExternalSecret


class Provider:
    """A `SecretProvider` that keeps its token and connections between calls."""

    name = "azure-keyvault"

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
        self._tls = System()
        self._connections: dict[str, Connection] = {}
        self._opening = allocate_lock()
        """One connection a host and one identity, however many secrets are asked for at once."""
        identity = Identity(env, now, self._authority, sdk=sdk)
        self._bearers = Bearers(identity.bearer, now, network, api.ENTRA)

    @property
    def kept(self) -> Bearer | None:
        """The access token, for the next of a sidecar's syncs."""
        return self._bearers.kept

    @kept.setter
    def kept(self, found: Bearer | None) -> None:
        self._bearers.kept = found

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        """The secret at `path`: its current version, or one by its id."""
        cloud = clouds.cloud(self._env)
        vault, name = clouds.vault_of(path, self._env), paths.secret_id(path).name
        connection = self._connection(cloud.vault(vault), api.LIMIT)
        try:
            answer = self._bearers.answer(
                lambda token: api.secret(connection, name, version, token)
            )
        except api.Refusal as error:
            from initsync.providers.azure import failures  # a good sync never loads it

            asked = failures.Asked(self.name, path, vault, name, version, error.who)
            raise failures.of_secret(error, asked) from error
        return self._external(path, answer)

    def prepare(self, path: str) -> None:
        """Have a token for `path`, which is kept. Raises as `fetch` does."""
        clouds.vault_of(path, self._env)
        self._bearers.get()

    def whoami(self, path: str) -> str:
        """The application, or whom `az` is logged in as: Entra has given it a token."""
        del path  # it is the same for every vault of a cloud
        return self._bearers.get().who

    def _external(self, path: str, answer: Mapping[str, Any]) -> ExternalSecret:
        identifier, attributes = answer.get("id"), answer.get("attributes")
        version = identifier.rpartition("/")[2] if isinstance(identifier, str) else ""
        warning = ""
        if isinstance(attributes, dict) and not attributes.keys().isdisjoint(("exp", "nbf")):
            from initsync.providers.azure import validity  # most secrets have no end

            warning = validity.warning(attributes, self._now())
        return ExternalSecret(str(answer["value"]), path, self.name, version, warning=warning)

    def _authority(self, url: str) -> Connection:
        if bound(self._env):
            from initsync.providers.azure import binding  # few clusters have one

            return binding.connection(self._env, self._network)
        return self._connection(url, api.TOKEN_LIMIT)

    def _connection(self, url: str, limit: int) -> Connection:
        with self._opening:
            if url not in self._connections:
                self._connections[url] = self._network.proxied(url, self._tls, limit)
            return self._connections[url]
