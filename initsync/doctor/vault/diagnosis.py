"""Vault as `initsync.doctor.diagnoses` asks for it: as the caller, or as the pod. Never a value."""

import time
from collections.abc import Iterator, Mapping, Sequence

from initsync.doctor import asking, mounted, podtoken
from initsync.doctor.diagnoses import SECRET, WHO, Asker, Part, Patient
from initsync.doctor.result import Result, Unread, attempt, failure, skipped
from initsync.doctor.vault import identity as identities
from initsync.providers.vault import settings
from initsync.providers.vault.kv import Provider
from initsync.words.errors import InvalidSetup
from initsync.words.model import JsonObject

_STORE = asking.Store("Vault token", "pod's token of Vault", not_the_pod=(InvalidSetup,))
_FILES = ("VAULT_CACERT", "JASM_VAULT_TOKEN_FILE")
"""The pod's variables that name files which are there only."""
_HARMLESS = ("VAULT_NAMESPACE", "JASM_VAULT_KV")
"""The variables that decide neither where the caller's token goes nor whom that trusts."""


def identity(found: Patient, paths: Sequence[str]) -> Iterator[Result]:
    """What the pod logs in with, and where."""
    del paths
    yield from identities.check(found.pod)


def asked(asker: Asker, parts: Sequence[Part], found: Patient) -> Iterator[Result]:
    """What Vault says to the caller, or to the pod."""
    ask = _as_pod if asker.as_pod else _as_caller
    yield from ask(asker, parts, found.pod)


def _as_caller(asker: Asker, parts: Sequence[Part], pod: JsonObject) -> Iterator[Result]:
    """Ask Vault by VAULT_TOKEN or the token of `vault login`. A refusal says nothing of the pod.

    The caller's token goes to the caller's VAULT_ADDR only, never to one that a pod names: whoever
    wrote the pod would get it.
    """
    if not asker.env.get("VAULT_ADDR"):
        yield skipped(WHO, "you have no VAULT_ADDR, and your token goes to none that a pod names")
        yield skipped(SECRET, "it needs your VAULT_ADDR and Vault token, or --as-pod")
        return
    of_pod = mounted.environment(pod)
    told = {name: of_pod[name] for name in _HARMLESS if of_pod.get(name)}
    provider = _made(told | dict(asker.env), asker, by_hand=True)
    yield from asking.as_caller(provider, parts, _STORE)


def _as_pod(asker: Asker, parts: Sequence[Part], pod: JsonObject) -> Iterator[Result]:
    """The very requests of `jasm-init`, by a token of the pod's ServiceAccount."""
    of_pod = mounted.environment(pod)
    try:
        path = settings.from_env(of_pod).token_file
    except InvalidSetup as error:
        yield from (failure(check, error) for check in (WHO, SECRET))
        return
    audience = mounted.audience(pod, path)
    if audience is None:
        why = "the pod has no token for Vault"
        yield from (skipped(check, why) for check in (WHO, SECRET))
        return
    account = pod["spec"].get("serviceAccountName", "default")
    first = parts[0].target.entries[0]
    token = attempt(lambda: podtoken.made(asker.reads, first, account, audience))
    if isinstance(token, Unread):
        yield from (token.result(check) for check in (WHO, SECRET))
        return
    with podtoken.readable(token) as file:
        env = dict(asker.env) | _of_pod(pod) | {"JASM_VAULT_TOKEN_FILE": file}
        provider = _made(env, asker, by_hand=False)
        yield from asking.as_pod(provider, parts, _STORE)
        provider.close()


def _of_pod(pod: JsonObject) -> dict[str, str]:
    """The platform's variables as the pod has them, without those that name files there."""
    found = mounted.environment(pod)
    named = {name: value for name, value in found.items() if "VAULT_" in name and value}
    return {name: value for name, value in named.items() if name not in _FILES}


def _made(env: Mapping[str, str], asker: Asker, *, by_hand: bool) -> Provider:
    return Provider(env, time.time, asker.network, by_hand)
