"""Azure as `initsync.doctor.diagnoses` asks for it: as the caller, or as the pod. Never a value."""

import time
from collections.abc import Iterator, Mapping, Sequence

from initsync.doctor import asking, mounted, podtoken
from initsync.doctor.azure import identity as identities
from initsync.doctor.diagnoses import SECRET, WHO, Asker, Part, Patient
from initsync.doctor.result import Result, Unread, attempt, skipped
from initsync.permissions.azure import AUDIENCE
from initsync.providers.azure import clouds, paths
from initsync.providers.azure.entra import TOKEN_FILE, VARIABLES, bound
from initsync.providers.azure.keyvault import Provider
from initsync.words.errors import ProviderRefused
from initsync.words.model import JsonObject

_STORE = asking.Store("Azure identity", "pod's Azure identity", not_the_pod=(ProviderRefused,))
_PLACE = (clouds.AUTHORITY, clouds.SUFFIX, paths.VAULT)


def identity(found: Patient, asked_for: Sequence[str]) -> Iterator[Result]:
    """Who the pod is in Azure, and whether cloud and vaults are known."""
    yield from identities.check(found.pod, found.account, asked_for)


def asked(asker: Asker, parts: Sequence[Part], found: Patient) -> Iterator[Result]:
    """What Azure says to the caller, or to the pod."""
    ask = _as_pod if asker.as_pod else _as_caller
    yield from ask(asker, parts, found.pod)


def _as_caller(asker: Asker, parts: Sequence[Part], pod: JsonObject) -> Iterator[Result]:
    """Ask Azure as whoever `az` is logged in as. A refusal says nothing of the pod.

    The caller's token goes to Azure's own clouds, or where the caller's environment says, and never
    to a host that a pod names: whoever wrote the pod would get it.
    """
    env = dict(asker.env) | _harmless(_told(pod, _PLACE))
    provider = Provider(env, time.time, asker.network, sdk=True)
    yield from asking.as_caller(provider, parts, _STORE)


def _as_pod(asker: Asker, parts: Sequence[Part], pod: JsonObject) -> Iterator[Result]:
    """The very requests of `jasm-init`, by a token of the pod's ServiceAccount."""
    of_pod = _told(pod, (*_PLACE, *VARIABLES))
    if not set(VARIABLES) <= of_pod.keys():
        why = "the pod has no workload identity"
        yield from (skipped(check, why) for check in (WHO, SECRET))
        return
    if bound(mounted.environment(pod)):
        why = "the pod's identity is bound to its cluster, whose token proxy answers none but pods"
        yield from (skipped(check, why) for check in (WHO, SECRET))
        return
    audience = mounted.audience(pod, of_pod[TOKEN_FILE]) or AUDIENCE
    account = pod["spec"].get("serviceAccountName", "default")
    first = parts[0].target.entries[0]
    token = attempt(lambda: podtoken.made(asker.reads, first, account, audience))
    if isinstance(token, Unread):
        yield from (token.result(check) for check in (WHO, SECRET))
        return
    with podtoken.readable(token) as file:
        env = dict(asker.env) | of_pod | {TOKEN_FILE: file}
        provider = Provider(env, time.time, asker.network)
        yield from asking.as_pod(provider, parts, _STORE)


def _harmless(of_pod: Mapping[str, str]) -> dict[str, str]:
    """What may be the caller's, too: a vault's name, and a cloud if it is one of Azure's own."""
    found = {name: of_pod[name] for name in (paths.VAULT,) if name in of_pod}
    authority = of_pod.get(clouds.AUTHORITY, "")
    return found | ({clouds.AUTHORITY: authority} if clouds.is_authority(authority) else {})


def _told(pod: JsonObject, names: Sequence[str]) -> dict[str, str]:
    """The pod's variables of these names that have a value."""
    found = mounted.environment(pod)
    return {name: found[name] for name in names if found.get(name)}
