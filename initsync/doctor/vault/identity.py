"""What a pod asks Vault with, by its spec: the platform's variables, and a token. Pure."""

import os.path
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from initsync.doctor.diagnoses import IDENTITY
from initsync.doctor.result import Result, failed, failure, ok, skipped
from initsync.kube import podfields
from initsync.providers.vault import settings
from initsync.providers.vault.settings import Settings
from initsync.words import keys
from initsync.words.errors import InvalidSetup
from initsync.words.model import JsonObject

_AGAIN = "delete the pod so that admission runs again"
_TOKENS = f"project one by the chart's injection.tokens ({{{settings.TOKEN_FILE}: AUDIENCE}})"


class Projected(NamedTuple):
    """A token that a volume brings."""

    audience: str
    """Empty: the API server's own."""


def environment(pod: JsonObject) -> dict[str, str]:
    """Of `jasm-init`; references to elsewhere are empty."""
    return podfields.variables(podfields.ours(pod) or {})


def check(pod: JsonObject) -> Iterator[Result]:
    """What the pod logs in with, and where."""
    if not podfields.ours(pod):
        yield skipped(IDENTITY, f"it comes with {keys.CONTAINER}, which the pod lacks")
        return
    try:
        chosen = settings.from_env(environment(pod))
    except InvalidSetup as error:
        yield failure(IDENTITY, error)
        return
    found = projected(pod, chosen.token_file)
    if found is None:
        said = f"no volume with a token for Vault is mounted at {chosen.token_file}"
        yield failed(IDENTITY, said, f"{_TOKENS}, and {_AGAIN}", 4)
        return
    yield ok(IDENTITY, _said(chosen, found))


def _said(chosen: Settings, found: Projected) -> str:
    audience = f"audience {found.audience}" if found.audience else "the API server's own audience"
    namespace = f", namespace {chosen.namespace}" if chosen.namespace else ""
    role = chosen.role or "the ServiceAccount's name"
    return (
        f"{chosen.address}{namespace}: auth/{chosen.auth} as role {role}, by a token for {audience}"
    )


def projected(pod: JsonObject, path: str) -> Projected | None:
    """The token at that path in `jasm-init`, where a volume says so."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    for mount in (podfields.ours(pod) or {}).get("volumeMounts") or []:
        at = mount["mountPath"].rstrip("/")
        if os.path.dirname(path) == at or path.startswith(f"{at}/"):
            volume = volumes.get(mount["name"]) or {}
            if token := _token(volume, os.path.relpath(path, at)):
                return Projected(token.get("audience") or "")
    return None


def _token(volume: Mapping[str, Any], file: str) -> Mapping[str, Any] | None:
    sources = (volume.get("projected") or {}).get("sources") or []
    tokens = (source.get("serviceAccountToken") for source in sources)
    return next((it for it in tokens if it and it.get("path") == file), None)
