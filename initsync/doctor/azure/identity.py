"""Who the pod is to Azure, by its spec and its ServiceAccount. Pure.

https://azure.github.io/azure-workload-identity/docs/installation/mutating-admission-webhook.html
"""

from collections.abc import Iterator, Mapping, Sequence

from initsync.doctor import mounted
from initsync.doctor.diagnoses import IDENTITY
from initsync.doctor.result import Result, Stored, Unread, failed, failure, ok, skipped, warning
from initsync.kube import podfields
from initsync.permissions.azure import CLIENT_ID, USE
from initsync.providers.azure import clouds
from initsync.providers.azure.entra import CLIENT, TENANT, TOKEN_FILE, VARIABLES
from initsync.words import keys
from initsync.words.errors import InvalidSetup
from initsync.words.model import JsonObject
from initsync.words.wording import shown

_AGAIN = "delete the pod so that admission runs again"
_OWN = "the API server's own"


def check(pod: JsonObject, account: Stored, paths: Sequence[str]) -> Iterator[Result]:
    """Where the pod's identity comes from, and the cloud and vaults that it would ask."""
    if not podfields.ours(pod):
        yield skipped(IDENTITY, f"it comes with {keys.CONTAINER}, which the pod lacks")
        return
    env = mounted.environment(pod)
    missing = [name for name in VARIABLES if not env.get(name)]
    if len(missing) == len(VARIABLES):
        yield _none(pod, account)
    elif missing:
        said = f"workload identity: {keys.CONTAINER} lacks {', '.join(missing)}"
        yield failed(IDENTITY, said, _AGAIN, 4)
    else:
        yield _workload(pod, account, env)
    yield from _places(env, paths)


def _none(pod: JsonObject, account: Stored) -> Result:
    """The webhook gives what a label of the pod asks for, and an annotation says who it is."""
    said = f"{keys.CONTAINER} has no Azure identity"
    if (pod["metadata"].get("labels") or {}).get(USE) != "true":
        return failed(IDENTITY, said, f'label the pod {USE}: "true", and make it anew', 4)
    if account is None:
        name = pod["spec"].get("serviceAccountName", "default")
        return failed(IDENTITY, f"there is no ServiceAccount {name}", "create it")
    if isinstance(account, dict) and not _client(account):
        advice = f"annotate the ServiceAccount {CLIENT_ID}, and {_AGAIN}"
        return failed(IDENTITY, said, advice, 4)
    unsure = (
        f" (the ServiceAccount was not read: {account.why})" if isinstance(account, Unread) else ""
    )
    advice = f"{_AGAIN}; if it stays so, Azure's webhook is not there or not reached"
    return failed(IDENTITY, f"{said}{unsure}", advice, 4)


def _workload(pod: JsonObject, account: Stored, env: Mapping[str, str]) -> Result:
    client, path = env[CLIENT], env[TOKEN_FILE]
    audience = mounted.audience(pod, path)
    if audience is None:
        said = f"no volume with a token is mounted at {path} in {keys.CONTAINER}"
        return failed(IDENTITY, f"workload identity: {said}", _AGAIN, 4)
    other = _client(account) if isinstance(account, dict) else ""
    if other not in ("", client):
        said = f"the pod is application {client}, its ServiceAccount has {shown(other)}"
        return warning(IDENTITY, said, f"if the latter is right, {_AGAIN}")
    whom = f"application {client} of tenant {env[TENANT]}"
    return ok(IDENTITY, f"workload identity: {whom}, by a token for {audience or _OWN} at {path}")


def _places(env: Mapping[str, str], paths: Sequence[str]) -> Iterator[Result]:
    """What is wrong with cloud and vaults, if that is anything."""
    try:
        clouds.cloud(env)
        for path in paths:
            clouds.vault_of(path, env)
    except InvalidSetup as error:
        yield failure("vault", error)


def _client(account: JsonObject) -> str:
    return str((account["metadata"].get("annotations") or {}).get(CLIENT_ID) or "")
