"""What a pod asks Vault with, by its spec: the platform's variables, and a token. Pure."""

from collections.abc import Iterator

from initsync.doctor import mounted
from initsync.doctor.diagnoses import IDENTITY
from initsync.doctor.result import Result, failed, failure, ok, skipped
from initsync.kube import podfields
from initsync.providers.vault import settings
from initsync.providers.vault.settings import VaultSettings
from initsync.words import keys
from initsync.words.errors import InvalidSetup
from initsync.words.model import JsonObject

_AGAIN = "delete the pod so that admission runs again"
_TOKENS = f"project one by the chart's injection.tokens ({{{settings.TOKEN_FILE}: AUDIENCE}})"


def check(pod: JsonObject) -> Iterator[Result]:
    """What the pod logs in with, and where."""
    if not podfields.ours(pod):
        yield skipped(IDENTITY, f"it comes with {keys.CONTAINER}, which the pod lacks")
        return
    try:
        chosen = settings.from_env(mounted.environment(pod))
    except InvalidSetup as error:
        yield failure(IDENTITY, error)
        return
    audience = mounted.audience(pod, chosen.token_file)
    if audience is None:
        said = f"no volume with a token for Vault is mounted at {chosen.token_file}"
        yield failed(IDENTITY, said, f"{_TOKENS}, and {_AGAIN}", 4)
        return
    yield ok(IDENTITY, _said(chosen, audience))


def _said(chosen: VaultSettings, audience: str) -> str:
    named = f"audience {audience}" if audience else "the API server's own audience"
    namespace = f", namespace {chosen.namespace}" if chosen.namespace else ""
    role = chosen.role or "the ServiceAccount's name"
    return f"{chosen.address}{namespace}: auth/{chosen.auth} as role {role}, by a token for {named}"
