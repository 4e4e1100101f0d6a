"""The policy that injects without a webhook, installed into an API server as the chart has it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from injector.settings import Settings
from tests.chart.helm import Helm
from tests.cluster.injector_side import annotated, create, is_injected
from tests.polling import until

KINDS = ("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding")


def values(settings: Settings) -> dict[str, Any]:
    """The chart's, for these settings; of `version` and `deny_invalid` the policy knows nothing."""
    name, _, digest = settings.image.partition("@")
    repository, _, tag = name.rpartition(":") if not digest else (name, "", "")
    image = {"repository": repository, "tag": tag, "digest": digest}
    return {
        "mode": "policy",
        "image": image | {"pullPolicy": settings.pull_policy},
        "runAsUser": settings.run_as_user,
        "cpu": settings.cpu,
        "memory": settings.memory,
        "sidecar": {"cpu": settings.sidecar_cpu, "memory": settings.sidecar_memory},
        "env": dict(settings.env),
        "meshProxies": settings.mesh_proxies,
        "tokenSeconds": settings.token_seconds,
        "containerRestartPolicy": settings.container_restart_policy,
    }


def rendered(helm: Helm, settings: Settings, *arguments: str) -> list[dict[str, Any]]:
    """The policy and its binding."""
    given = f"--set-json=injection={json.dumps(values(settings))}"
    return [it for it in helm.objects(given, *arguments) if it["kind"] in KINDS]


@contextmanager
def installed(
    api: ControlPlane, helm: Helm, settings: Settings, *arguments: str
) -> Iterator[list[dict[str, Any]]]:
    """In force within the block, and no more behind it."""
    objects = rendered(helm, settings, *arguments)
    try:
        for manifest in objects:
            api.apply(manifest)
        until(lambda: injects(api), "the policy is in force")
        yield objects
    finally:
        remove(api, objects)


def remove(api: ControlPlane, objects: list[dict[str, Any]]) -> None:
    """Delete them; returns when they are in force no more."""
    for manifest in objects:
        api.request("DELETE", manifests.path(manifest))
    until(lambda: not injects(api), "the policy is gone")


def injects(api: ControlPlane) -> bool:
    """Whether a pod that asks for a secret is injected now, by whatever there is."""
    return is_injected(create(api, annotated("default")))
