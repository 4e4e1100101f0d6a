"""Google Secret Manager: one version of a secret, as whoever this pod is to Google."""

from _thread import allocate_lock
from collections.abc import Callable, Mapping

from initsync.network.transport import Connection, Network
from initsync.network.trust import System
from initsync.providers.bearer import Bearer, Bearers
from initsync.providers.gcp import api, paths, universe
from initsync.providers.gcp.identity import Doors, Identity
from initsync.words.errors import AnnotationError, InvalidSetup
from initsync.words.model import ExternalSecret
from initsync.words.wording import shown

_OF_WHOM = (401, 403)
"""Refusals that depend on who asks."""


class Provider:
    """A `SecretProvider` that keeps its token and connections between calls."""

    name = "gcp-secret-manager"

    def __init__(
        self,
        env: Mapping[str, str],
        now: Callable[[], float],
        network: Network,
        sdk: bool = False,
    ) -> None:
        self._env = env
        self._network = network
        self._sdk = sdk
        self._tls = System()
        self._connections: dict[str, Connection] = {}
        self._opening, self._naming = allocate_lock(), allocate_lock()
        """One connection a host, one identity and one project, however many secrets are asked for
        at once."""
        self._identity = Identity(env, now, Doors(self._platform, self._service), sdk=sdk)
        self._bearers = Bearers(self._identity.bearer, now, network, "Google")
        self._project = ""

    @property
    def kept(self) -> Bearer | None:
        """The access token, for the next of a sidecar's syncs."""
        return self._bearers.kept

    @kept.setter
    def kept(self, found: Bearer | None) -> None:
        self._bearers.kept = found

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        """The secret at `path`: its latest version, or one by number or alias."""
        place, within = paths.resource_name(path), universe.domain(self._env)
        version = _version(place, version)
        resource, location = self._resource(place)
        connection = self._service(universe.secret_manager(location, within))
        asked = version or paths.LATEST
        try:
            found = self._bearers.answer(
                lambda token: api.access(connection, resource, asked, token)
            )
        except api.Refusal as error:
            from initsync.providers.gcp import failures  # a good sync never loads it

            who = self._who(error.who) if error.status in _OF_WHOM else ""
            of = failures.Asked(self.name, path, resource, version, who)
            raise failures.of_secret(error, of) from error
        return ExternalSecret(found.data, path, self.name, found.version)

    def prepare(self, path: str) -> None:
        """Have a token for `path`, which is kept. Raises as `fetch` does."""
        del path  # it is the same for every secret
        self._bearers.get()

    def whoami(self, path: str) -> str:
        """The service account or principal: Google has given it a token."""
        del path
        return self._who(self._bearers.get().who)

    def _who(self, known: str) -> str:
        """Who asks; on GKE only the metadata server knows, and a good sync does not ask it."""
        if self._by_platform:
            from initsync.providers.gcp import metadata

            return metadata.who(self._platform())
        return known

    @property
    def _by_platform(self) -> bool:
        return not self._identity.file and not self._sdk

    def _resource(self, place: paths.ResourceName) -> tuple[str, str]:
        """The secret's whole name, and its location. Raises InvalidSetup."""
        location = place.location if place.project else self._env.get(paths.LOCATION, "")
        if location and not paths.is_location(location):
            problem = f"{paths.LOCATION} is {shown(location)}"
            raise InvalidSetup(problem, "set it to a location, such as europe-west1")
        within = f"/locations/{location}" if location else ""
        project = place.project or self._own_project(place.name)
        return f"projects/{project}{within}/secrets/{place.name}", location

    def _own_project(self, name: str) -> str:
        """The platform's; on GKE it is the cluster's where nobody says."""
        if project := self._env.get(paths.PROJECT, "") or self._project:
            return project
        if not self._by_platform:
            problem = f"no project for {shown(name)}: {paths.PROJECT} is not set"
            advice = "write projects/PROJECT/secrets/NAME as path, or have the platform set it"
            raise InvalidSetup(problem, advice)
        from initsync.providers.gcp import metadata

        with self._naming:
            self._project = self._project or metadata.project(self._platform())
        return self._project

    def _platform(self) -> Connection:
        """Never by a proxy, as Google's own clients have it: it is on the node."""
        from initsync.providers.gcp import metadata

        url = metadata.url(self._env)
        return self._opened(url, lambda: self._network.direct(url, self._tls, limit=_TOKEN))

    def _service(self, url: str) -> Connection:
        return self._opened(url, lambda: self._network.proxied(url, self._tls, api.LIMIT))

    def _opened(self, url: str, opens: Callable[[], Connection]) -> Connection:
        with self._opening:
            if url not in self._connections:
                self._connections[url] = opens()
            return self._connections[url]


_TOKEN = api.TOKEN_LIMIT


def _version(place: paths.ResourceName, version: str) -> str:
    """What the path pins, or the entry; empty: the latest. Raises AnnotationError."""
    if version and place.version and version != place.version:
        problem = f"version is {shown(version)}, but path ends in /versions/{place.version}"
        raise AnnotationError(f"{problem}: leave one of them out")
    named = version or place.version
    return "" if named == paths.LATEST else named
