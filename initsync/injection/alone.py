"""A pod that does nothing but sync: `jasm-init` is its only container, and it ends. Pure.

No app waits for it, so a failure may be one: without `strict` a provider's outage would end well.
"""

from dataclasses import replace
from typing import Any

from initsync.injection import choices, container
from initsync.injection.container import Volumes
from initsync.injection.settings import InjectionSettings
from initsync.words import keys
from initsync.words.model import JsonObject

_VOLUMES = Volumes(container.PODINFO_VOLUME, container.TOKEN_VOLUME, container.HANDOVER_VOLUME)
_FIELD_PATH = {"name": "JASM_FIELD_PATH", "value": f"spec.containers{{{keys.CONTAINER}}}"}


def pod(text: str, account: str, settings: InjectionSettings) -> JsonObject:
    """The template: `text` is the annotation's, `account` the ServiceAccount.

    Its resources are all named, with limits as requests, as quotas and LimitRanges may want it.
    """
    strict = {keys.ON_FAILURE: "strict", keys.INJECT: "false"}
    metadata = {"annotations": {keys.ANNOTATION: text, **strict}}
    # Never: a Job's failed pods stay, and their logs with them. A Job makes another, so of the
    # containers none needs a restart policy of its own.
    spec: JsonObject = {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
    }
    ours = _container({"metadata": metadata, "spec": spec}, settings)
    podinfo = container.podinfo_volume(_VOLUMES.podinfo)
    volumes = [podinfo, container.token_volume(_VOLUMES.token, settings)]
    return {"metadata": metadata, "spec": {**spec, "containers": [ours], "volumes": volumes}}


def _container(pod: JsonObject, settings: InjectionSettings) -> dict[str, Any]:
    plain = replace(settings, container_restart_policy=False)
    chosen = choices.of(pod)
    ours = container.init_container(pod, chosen, _VOLUMES, plain, waited=False)
    ours["env"].append(_FIELD_PATH)
    amounts = {"cpu": settings.sidecar_cpu, "memory": settings.sidecar_memory}
    return {**ours, "resources": {"requests": amounts, "limits": amounts}}
