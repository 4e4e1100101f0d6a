"""Google as `initsync.doctor.diagnoses` asks for it: as caller, or as the pod. Never a value."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence

from initsync.doctor import asking, mounted, podtoken
from initsync.doctor.diagnoses import SECRET, WHO, Asker, Part, Patient
from initsync.doctor.gcp import identity as identities
from initsync.doctor.gcp.identity import Source
from initsync.doctor.result import Result, Unread, attempt, failed, skipped
from initsync.kube.reads import CONFIG_MAPS
from initsync.providers.gcp import paths, universe
from initsync.providers.gcp.identity import FILE
from initsync.providers.gcp.secretmanager import Provider
from initsync.words.errors import InvalidSetup, ProviderRefused
from initsync.words.model import JsonObject
from initsync.words.wording import shown

_STORE = asking.Store(
    *("Google identity", "pod's Google identity"),
    or_else="",
    by="read by you, which says not that the pod may",
    not_the_pod=(InvalidSetup, ProviderRefused),
)
_PLACE = (paths.PROJECT, paths.LOCATION, universe.UNIVERSE)


def identity(found: Patient, asked_for: Sequence[str]) -> Iterator[Result]:
    """Who the pod is to Google, and whether its projects are known."""
    yield from identities.check(found.pod, found.account, asked_for)


def asked(asker: Asker, parts: Sequence[Part], found: Patient) -> Iterator[Result]:
    """What Google says to the caller, or to the pod."""
    ask = _as_pod if asker.as_pod else _as_caller
    yield from ask(asker, parts, found.pod)


def _as_caller(asker: Asker, parts: Sequence[Part], pod: JsonObject) -> Iterator[Result]:
    """Ask Google as whoever `gcloud` is logged in as. A refusal says nothing of the pod.

    The universe is the caller's own: in that of a pod, whoever wrote the pod would get the token.
    """
    told = {name: text for name, text in _told(pod).items() if name != universe.UNIVERSE}
    provider = Provider({**asker.env, **told}, time.time, asker.network, sdk=True)
    yield from asking.as_caller(provider, parts, _STORE)


def _as_pod(asker: Asker, parts: Sequence[Part], pod: JsonObject) -> Iterator[Result]:
    """The very requests of `jasm-init`, by a token of the pod's ServiceAccount."""
    if not (source := identities.source(pod)):
        why = (
            "--as-pod can ask as a pod with a credential configuration in a ConfigMap only: GKE's "
            "metadata server answers none but pods"
        )
        yield from (skipped(check, why) for check in (WHO, SECRET))
        return
    found = _configuration(asker, pod, source)
    if isinstance(found, Result):
        yield found
        yield skipped(SECRET, "it needs the pod's Google identity")
        return
    token = attempt(lambda: _token(asker, parts, pod, found))
    if isinstance(token, Unread):
        yield from (token.result(check) for check in (WHO, SECRET))
        return
    with podtoken.readable(token) as file:
        own = {**found, "credential_source": {"file": file}}
        with podtoken.readable(json.dumps(own)) as configured:
            env = {**asker.env, **_told(pod), FILE: configured}
            provider = Provider(env, time.time, asker.network)
            yield from asking.as_pod(provider, parts, _STORE)


def _configuration(asker: Asker, pod: JsonObject, source: Source) -> JsonObject | Result:
    """What the pod's ConfigMap says, if a token of the pod's fits it; or the line that says why."""
    place = pod["metadata"]["namespace"], source.name
    stored = attempt(lambda: asker.reads.get(CONFIG_MAPS, *place))
    if isinstance(stored, Unread):
        return stored.result(WHO)
    found = _parsed(((stored or {}).get("data") or {}).get(source.key, ""))
    if not found:
        said = f"ConfigMap {source.name} has no credential configuration as {source.key}"
        return failed(WHO, said, "make it by gcloud iam workload-identity-pools create-cred-config")
    if not _audience(pod, found):  # without an audience it is for the Kubernetes API alone
        said = f"no token of its own for Google is mounted at {shown(_file(found))} in the pod"
        return failed(WHO, said, "name the file of such a one in credential_source", 4)
    return found


def _token(asker: Asker, parts: Sequence[Part], pod: JsonObject, found: JsonObject) -> str:
    account = pod["spec"].get("serviceAccountName", "default")
    first = parts[0].target.entries[0]
    return podtoken.made(asker.reads, first, account, _audience(pod, found))


def _audience(pod: JsonObject, found: JsonObject) -> str:
    return mounted.audience(pod, _file(found)) or ""


def _file(found: JsonObject) -> str:
    return str(found["credential_source"].get("file") or "")


def _parsed(text: str) -> JsonObject:
    """What a ConfigMap has; empty where it is none of a file."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    usable = isinstance(found, dict) and isinstance(found.get("credential_source"), dict)
    return found if usable else {}


def _told(pod: JsonObject) -> Mapping[str, str]:
    """The pod's places, as far as it names any."""
    found = mounted.environment(pod)
    return {name: found[name] for name in _PLACE if found.get(name)}
