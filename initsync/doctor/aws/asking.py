"""AWS asked as the caller, or as the pod: who is it, and may it read the secret. Never a value."""

import time
from collections.abc import Iterator, Mapping, Sequence

from initsync import providers
from initsync.doctor import asking, podtoken
from initsync.doctor.aws.identity import PodIdentity
from initsync.doctor.diagnoses import SECRET, WHO, Asker, Part
from initsync.doctor.result import Result, Unread, attempt, skipped
from initsync.providers.aws.endpoints import REGION_VARIABLES
from initsync.words.model import SyncRequest

_STORE = asking.Store("AWS identity", "pod's AWS identity")
_IDENTITIES = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    *("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
)


def as_caller(asker: Asker, parts: Sequence[Part], pod: PodIdentity) -> Iterator[Result]:
    """What environment and boto3 make of whoever asks. A refusal says nothing of the pod."""
    first = parts[0].target.entries[0]
    told = {name: pod.env[name] for name in REGION_VARIABLES if pod.env.get(name)}
    kind, env = providers.load(first.provider), {**asker.env, **told}
    provider = kind(env, time.time, asker.network, True)
    yield from asking.as_caller(provider, parts, _STORE, first.secret_path, pod.unlike)


def as_pod(asker: Asker, parts: Sequence[Part], account: str, pod: PodIdentity) -> Iterator[Result]:
    """What AWS says to the pod's ServiceAccount: the very requests of `jasm-init`."""
    first = parts[0].target.entries[0]
    if not pod.role:
        why = "--as-pod can ask for a role by IRSA only, and the pod has none"
        yield from (skipped(check, why) for check in (WHO, SECRET))
        return
    token = attempt(lambda: podtoken.made(asker.reads, first, account, pod.audience))
    if isinstance(token, Unread):
        yield from (token.result(check) for check in (WHO, SECRET))
        return
    with podtoken.readable(token) as file:
        of_pod = _environment(asker.env, first, pod, file)
        provider = providers.load(first.provider)(of_pod, time.time, asker.network)
        yield from asking.as_pod(provider, parts, _STORE, first.secret_path)


def _environment(
    env: Mapping[str, str], request: SyncRequest, pod: PodIdentity, file: str
) -> dict[str, str]:
    """The way out is the caller's, the identity and the region are the pod's."""
    ours = {name: value for name, value in env.items() if name not in _IDENTITIES}
    told = {name: pod.env[name] for name in REGION_VARIABLES if pod.env.get(name)}
    session = f"jasm-doctor-{request.pod_name}"[:64]  # CloudTrail then tells it from the pod
    return {
        **ours,
        **told,
        "AWS_ROLE_ARN": pod.role,
        "AWS_WEB_IDENTITY_TOKEN_FILE": file,
        "AWS_ROLE_SESSION_NAME": session,
    }
