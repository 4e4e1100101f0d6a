"""An access token of a cloud: kept until shortly before its end, made anew where it is refused."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from initsync.network.transport import Network, Turn
from initsync.words.errors import ProviderUnavailable

_EARLY = 60.0  # seconds before its end at which a token is no longer begun with
_UNAUTHORIZED = 401
_Answer = TypeVar("_Answer")


class Bearer(NamedTuple):
    """An access token, and whose it is. Its printed form has none."""

    token: str
    expires: float
    """Seconds since 1970 at which the token ends."""
    who: str

    def __repr__(self) -> str:
        return f"Bearer({self.who})"


def usable(token: object) -> bool:
    """Whether it is a token that a header can hold."""
    return isinstance(token, str) and token.isascii() and token.isprintable() and bool(token)


def lasts(answer: Mapping[str, Any]) -> float:
    """The seconds for which the token of an answer is good; 0 where it does not say.

    A number, which older endpoints of Azure have in quotes:
    https://www.rfc-editor.org/rfc/rfc6749#section-5.1
    """
    said = str(answer.get("expires_in", ""))
    return float(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0.0


class Refused(Exception):
    """A store's definite no to a request with a token."""

    status: int
    """The HTTP status of its answer."""
    who = ""
    """The identity whose token it was."""


class Bearers:
    """One at a time, however many secrets are asked for at once.

    `made` makes another, `now` is epoch seconds, `service` who gives them, for sentences.
    """

    def __init__(
        self,
        made: Callable[[], Bearer],
        now: Callable[[], float],
        network: Network,
        service: str,
    ) -> None:
        def late() -> ProviderUnavailable:
            said = "an earlier request for an identity is not answered"
            return ProviderUnavailable(service, said)

        self._made = made
        self._now = now
        self._turn = Turn(network.left, late)
        self.kept: Bearer | None = None

    def get(self) -> Bearer:
        """A usable one. Raises as `made`, and ProviderUnavailable."""
        with self._turn:
            if self.kept is None or self.kept.expires - _EARLY < self._now():
                self.kept = self._made()
            return self.kept

    def answer(self, ask: Callable[[str], _Answer]) -> _Answer:
        """What a store gives to a token; asked once more where it does not know that.

        Its end may have come early; and a new one has what was changed since. Raises as `ask` and
        `made`; a Refused then says who asked.
        """
        bearer = self.get()
        try:
            return _asked(ask, bearer)
        except Refused as refused:
            if refused.status != _UNAUTHORIZED:
                raise
        self._forget(bearer)
        return _asked(ask, self.get())

    def _forget(self, refused: Bearer) -> None:
        """Have the next one made anew, unless another thread has done so."""
        with self._turn:
            if self.kept == refused:
                self.kept = None


def _asked(ask: Callable[[str], _Answer], bearer: Bearer) -> _Answer:
    try:
        return ask(bearer.token)
    except Refused as refused:
        refused.who = bearer.who
        raise
