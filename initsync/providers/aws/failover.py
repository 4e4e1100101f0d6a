"""A second region, asked where the first one does not answer; never for a refusal.

Loaded only where an entry or the platform names one. Replicas of a secret have its name, and its
ARN but for the region.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
"""

from collections.abc import Callable

from initsync.network.transport import Turn
from initsync.providers.aws import endpoints, paths
from initsync.providers.aws.api import Wanted
from initsync.words.errors import InvalidSetup, JasmError, ProviderUnavailable
from initsync.words.model import ExternalSecret
from initsync.words.wording import shortened

PAUSE = 30.0
"""Seconds for which a region that did not answer is asked after the other: a pod with many secrets
does not wait for it again and again."""
_SHOWN = 400  # bytes of what the other region said

Read = Callable[[Wanted], ExternalSecret]


def _late() -> ProviderUnavailable:
    return ProviderUnavailable("AWS", "earlier requests to its regions are not answered")


class Failover:
    """What is known of regions. `now` is epoch seconds, `left` those until the deadline."""

    def __init__(self, now: Callable[[], float], left: Callable[[], float]) -> None:
        self._now = now
        self._down: dict[str, float] = {}
        self._turn = Turn(left, _late)
        """A host is asked one thing at a time anyway; so who waits learns what was found."""

    def read(self, wanted: Wanted, region: str, read: Read) -> ExternalSecret:
        """What `read` gives, of the failover `region` where the first did not answer.

        Raises what the first region says; where that is nothing, ProviderUnavailable of both.
        """
        moved = elsewhere(wanted, region)
        with self._turn:
            return self._read(wanted, moved, read)

    def _read(self, first: Wanted, second: Wanted, read: Read) -> ExternalSecret:
        told = ""
        if self._now() - self._down.get(first.region, float("-inf")) < PAUSE:
            found, told = _other(first, second, read)
            if found:
                return found
        try:
            return self._first(first, read)
        except ProviderUnavailable as error:
            silent = error
        if not told:
            found, told = _other(first, second, read)
            if found:
                return found
        both = f"{silent.detail}; in the failover region {second.region}: "
        both += shortened(told, _SHOWN)
        raise ProviderUnavailable(silent.provider, both, silent.retry_after)

    def _first(self, wanted: Wanted, read: Read) -> ExternalSecret:
        """Whatever it answers, it is there."""
        try:
            found = read(wanted)
        except ProviderUnavailable:
            self._down[wanted.region] = self._now()
            raise
        self._down.pop(wanted.region, None)
        return found


def _other(first: Wanted, second: Wanted, read: Read) -> tuple[ExternalSecret | None, str]:
    """What the failover region gives, or why it gives nothing."""
    try:
        found = read(second)
    except ProviderUnavailable as error:
        return None, error.detail
    except JasmError as error:
        return None, str(error)
    note = f"read in {second.region}, for {first.region} did not answer"
    return ExternalSecret(found.content, first.path, found.provider, found.version, note), ""


def elsewhere(wanted: Wanted, region: str) -> Wanted:
    """The same in another region, with STS there, too. Raises InvalidSetup."""
    ours, other = (endpoints.partition(it).name for it in (wanted.region, region))
    if ours != other:
        problem = f"the failover region {region} is in AWS's partition {other}, the first in {ours}"
        raise InvalidSetup(problem, "name one of the same partition: no identity is of both")
    return wanted._replace(path=paths.in_region(wanted.path, region), region=region, sts=region)
