"""A store asked as the caller, or as the pod: who is it, and may it read the secrets. No value."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from initsync.doctor import read
from initsync.doctor.diagnoses import SECRET, WHO, Part
from initsync.doctor.result import Result, failure, ok, skipped
from initsync.providers.interface import SecretProvider
from initsync.words.errors import AccessDenied, JasmError, NoIdentity, ProviderUnavailable

BY_YOU = "read by you; whether the pod may is asked by --as-pod"


class Store(NamedTuple):
    """How sentences name what one asks a store with, and what its refusals say of a pod."""

    yours: str
    """The caller's identity, such as `AWS identity`."""
    pods: str
    """The pod's identity, such as `pod's AWS identity`."""
    or_else: str = ", or --as-pod"
    by: str = BY_YOU
    not_the_pod: tuple[type[JasmError], ...] = ()
    """Failures of a caller that say nothing of the pod, beside those of every store."""


def as_caller(
    provider: SecretProvider,
    parts: Sequence[Part],
    store: Store,
    path: str = "",
    unlike: Callable[[str], str] = lambda _: "",
) -> Iterator[Result]:
    """A refusal says nothing of the pod. `unlike`: why who the caller is cannot ask for the pod."""
    try:
        who = provider.whoami(path)
    except JasmError as error:
        why = error.tried[-1] if isinstance(error, NoIdentity) else str(error)
        yield skipped(WHO, f"you have no {store.yours} that works: {why}")
        yield skipped(SECRET, f"it needs your {store.yours}{store.or_else}")
        return
    yield ok(WHO, f"you are {who}")
    if why := unlike(who):
        yield skipped(SECRET, why)
        return
    yield from read.each(provider, parts, store.by, lambda error: _not_yours(error, store))


def as_pod(
    provider: SecretProvider, parts: Sequence[Part], store: Store, path: str = ""
) -> Iterator[Result]:
    """The very requests of `jasm-init`: what is refused to them is refused to the pod."""
    try:
        yield ok(WHO, f"the pod is {provider.whoami(path)}")
    except JasmError as error:
        yield failure(WHO, error)
        yield skipped(SECRET, f"it needs the {store.pods}")
        return
    yield from read.each(provider, parts, "read as the pod", lambda error: failure(SECRET, error))


def _not_yours(error: JasmError, store: Store) -> Result:
    if isinstance(error, (AccessDenied, NoIdentity, ProviderUnavailable, *store.not_the_pod)):
        return skipped(SECRET, f"you could not read it, which says nothing of the pod: {error}")
    return failure(SECRET, error)
