"""The second init container, only for pods with a volume of the synced Secret (D25); and the only
one of pods in mode `wait`.

Without it the kubelet nearly always shows the keys in time: in 200 of 200 starts, but with the API
server 0.15 s away in 59 of 60 (tests/node, 20 pods at a time). It costs a second of a start.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from initsync.injection.choices import Choices
from initsync.injection.container import again, described, last_try, read_only, security
from initsync.injection.resources import resources
from initsync.injection.settings import InjectionSettings
from initsync.injection.volumes import Shown
from initsync.words import keys


class Waited(NamedTuple):
    """What of a pod's volumes there is to wait for."""

    shown: Sequence[Shown]
    of_several: bool = False
    """Whether the pod asks for more than one Secret, so that each wish says of which it is."""
    secrets: Sequence[str] = ()
    """All that it asks for, in order; for pods in mode `wait`."""


class Alone(NamedTuple):
    """The names of ours in a pod in mode `wait`."""

    podinfo: str
    secrets: Sequence[str]
    """One volume for each Secret, in the order in which the pod asks for them."""


def wait_container(
    pod: Mapping[str, Any],
    chosen: Choices,
    waited: Waited,
    handover: str,
    settings: InjectionSettings,
) -> dict[str, Any]:
    """`jasm-wait`: no token, no identity; the volumes that it waits for, and the keys' names.

    Those are where a token would be, too: each container that has nothing there gets one.
    https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#serviceaccount
    """
    watch = watched(waited)
    given = {"name": "JASM_HANDOVER_DIR", "value": keys.HANDOVER_DIR}
    env = [given, *watch.env, *_timeout(settings)]
    no_token = read_only({handover: keys.SERVICEACCOUNT_DIR})
    mounted = [*no_token, *read_only({handover: keys.HANDOVER_DIR}), *watch.mounts]
    wanted = resources(pod, chosen, settings)
    return described(keys.WAITER, env, mounted, settings, security(pod, chosen, settings), wanted)


def alone(
    pod: Mapping[str, Any],
    chosen: Choices,
    waited: Waited,
    volumes: Alone,
    settings: InjectionSettings,
) -> dict[str, Any]:
    """`jasm-wait` of a pod in mode `wait`: it reads the annotations itself, and sees each Secret as
    a whole; where a token would be is what tells it of the annotations.
    """
    mounts = {volumes.podinfo: keys.PODINFO_DIR}
    for name, secret in zip(volumes.secrets, waited.secrets, strict=True):
        mounts[name] = f"{keys.SECRETS_DIR}/{secret}"
    watch = watched(waited)
    mode = {"name": "JASM_MODE", "value": keys.WAIT}
    env = [mode, *last_try(pod, settings), *watch.env, *_timeout(settings)]
    no_token = read_only({volumes.podinfo: keys.SERVICEACCOUNT_DIR})
    mounted = [*no_token, *read_only(mounts), *watch.mounts]
    secured, wanted = security(pod, chosen, settings), resources(pod, chosen, settings)
    ours = described(keys.WAITER, env, mounted, settings, secured, wanted)
    return ours | again(pod, settings)


def secret_volume(name: str, secret: str) -> dict[str, Any]:
    """Shows `jasm-wait` a Secret that may not be there yet."""
    return {"name": name, "secret": {"secretName": secret, "optional": True}}


def _timeout(settings: InjectionSettings) -> list[dict[str, str]]:
    return [{"name": name, "value": it} for name, it in settings.env if name == "JASM_TIMEOUT"]


class Watched(NamedTuple):
    """Entries for a container's `env` and `volumeMounts`."""

    env: list[dict[str, Any]]
    mounts: list[dict[str, Any]]


def watched(waited: Waited) -> Watched:
    """What shows a container the volumes, and says which keys it is to find in them."""
    mounts = {by.volume: f"{keys.WAIT_DIR}/{by.volume}" for by in waited.shown}
    env = [
        {"name": f"JASM_WAIT_{number}", "value": mounts[by.volume]}
        for number, by in enumerate(waited.shown)
    ]
    for number, by in enumerate(waited.shown):
        of = {"secret": by.secret} if waited.of_several else {}
        wish = {"items": by.items or None, "optional": by.optional, **of}
        text = json.dumps(wish, ensure_ascii=False)
        env.append({"name": f"JASM_WAIT_{number}_OF", "value": text})
    return Watched(env, read_only(mounts))


def handover_volume(name: str) -> dict[str, Any]:
    """Where `jasm-init` leaves the names of the keys; names only, and in memory."""
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}
