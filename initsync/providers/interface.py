"""The contract between a sync and where secrets come from (D16); no cloud's words."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from initsync.words.model import ExternalSecret

if TYPE_CHECKING:
    from initsync.network.transport import Network


class SecretProvider(Protocol):
    """A provider as a sync needs it.

    One that logs in somewhere also has `prepare(path)`: it gets and keeps the identity that
    `fetch(path)` needs, while the Secrets of the cluster are still being read. One that holds
    something there, such as a token that lives on, also has `close()`: it gives that back, best
    effort, when the sync has ended. One whose identity lasts longer than a sync has `kept`: a
    sidecar reads it at the end of a sync, and sets it in the next one; then it does not close. One
    of several that are asked as the same identity also has `join(others)`: it takes that of another
    of the same sync.
    """

    @property
    def name(self) -> str:
        """The value of the annotation's `provider`."""

    def fetch(self, path: str, version: str = "") -> ExternalSecret:
        """What is at `path` now, never cached; of a `version` by the provider's own name, if any.

        Several threads may ask at once.

        Raises SecretNotFound, AccessDenied, NoIdentity, InvalidSecretData, or
        ProviderUnavailable where another try may help.
        """

    def whoami(self, path: str) -> str:
        """Whom the provider takes this process for where it asks for `path`.

        Raises NoIdentity, AccessDenied and ProviderUnavailable.
        """


class ProviderClass(Protocol):
    """What a provider's module has under the name `Provider`."""

    def __call__(
        self,
        env: Mapping[str, str],
        now: Callable[[], float],
        network: "Network",
        sdk: bool = False,
    ) -> SecretProvider:
        """Environment, epoch seconds, the way out, and whether the cloud SDK's own identities
        may be asked."""


class Chooser(Protocol):
    """A provider whose entries have fields of its own."""

    def fetch(self, path: str, version: str, options: Mapping[str, str]) -> ExternalSecret:
        """As `SecretProvider.fetch`; `options` are what an entry's own fields say, by name."""


class EntryField(NamedTuple):
    """A field that entries of one provider may have beside those of all, for a text."""

    problem: Callable[[str], str | None]
    """The rule that a text breaks, as "must …", or None. Asks nobody."""
    title: str
    """The field's name for editors, of two or three words."""
    description: str
    """The field's meaning for editors, in whole sentences."""


class PathRule(Protocol):
    """What a module of a provider's rules has.

    It may have `version_problem` too, which says likewise what an entry's `version` breaks, and
    `FIELDS`, a map of `EntryField` by name.
    """

    def problem(self, path: str) -> str | None:
        """The rule that `path` breaks, as "must …", or None. Asks nobody."""
