"""Injection by the API server itself, with the chart's policy, and what it is compared with."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from initsync.injection.settings import InjectionSettings
from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from tests.chart.examples import injector
from tests.chart.helm import Helm
from tests.cluster.injector_side import annotated, create, is_injected
from tests.polling import until

KINDS = ("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding")


def serves_policies(api: ControlPlane) -> bool:
    """Whether it knows their kind in v1."""
    group = api.request("GET", "/apis/admissionregistration.k8s.io/v1").body
    return "mutatingadmissionpolicies" in {kind["name"] for kind in group["resources"]}


def values(settings: InjectionSettings, mode: str = "policy") -> str:
    """The chart's option for these settings. `version` is the chart's own, as is the registry of
    an image that names none."""
    name, _, digest = settings.image.partition("@")
    repository, tag = (name, "") if digest else name.rsplit(":", 1)
    host, _, path = repository.partition("/")
    registry, repository = (host, path) if "." in host else ("", repository)
    image = {"registry": registry, "repository": repository, "tag": tag, "digest": digest}
    injection = {
        "mode": mode,
        "image": image | {"pullPolicy": settings.pull_policy},
        "imagePullSecrets": settings.image_pull_secrets,
        "caBundle": {"configMap": settings.ca_configmap, "key": settings.ca_key},
        "tokens": dict(settings.tokens),
        "credentials": {
            "configMap": settings.credentials_configmap,
            "key": settings.credentials_key,
        },
        "runAsUser": settings.run_as_user,
        "seccompProfile": settings.seccomp_profile,
        "cpu": settings.cpu,
        "memory": settings.memory,
        "max": {"cpu": settings.max_cpu, "memory": settings.max_memory},
        "sidecar": {"cpu": settings.sidecar_cpu, "memory": settings.sidecar_memory},
        "secretLabels": dict(settings.secret_labels),
        "env": dict(settings.env),
        "meshProxies": settings.mesh_proxies,
        "tokenSeconds": settings.token_seconds,
        "containerRestartPolicy": settings.container_restart_policy,
    }
    return f"--set-json=injection={json.dumps(injection)}"


def rendered(helm: Helm, settings: InjectionSettings, *arguments: str) -> list[dict[str, Any]]:
    """The policy and its binding."""
    objects = helm.objects(values(settings), *arguments)
    return [found for found in objects if found["kind"] in KINDS]


def serve_options(helm: Helm, settings: InjectionSettings) -> list[str]:
    """Those of `jasm-injector serve` for the same, but for where it listens, and with what."""
    objects = helm.objects(values(settings, "webhook"))
    (container,) = injector(objects)["spec"]["template"]["spec"]["containers"]
    apart = ("--certs=", "--port=")
    return [option for option in container["args"] if not option.startswith(apart)]


@contextmanager
def installed(
    api: ControlPlane, helm: Helm, settings: InjectionSettings, *arguments: str
) -> Iterator[list[dict[str, Any]]]:
    """The policy, in force within the block, and no more behind it. `arguments`: more of helm's."""
    objects = rendered(helm, settings, *arguments)
    try:
        install(api, objects)
        yield objects
    finally:
        remove(api, objects)


def install(api: ControlPlane, objects: list[dict[str, Any]]) -> None:
    """Apply them in place of a webhook that a test before may have left; in force on return."""
    api.request("DELETE", manifests.path(manifests.webhook_configuration({})))
    api.await_webhooks()
    for manifest in objects:
        api.apply(manifest)
    until(lambda: injects(api), "the policy is in force")


def remove(api: ControlPlane, objects: list[dict[str, Any]]) -> None:
    """Delete them; returns when they are in force no more."""
    for manifest in objects:
        api.request("DELETE", manifests.path(manifest))
    until(lambda: not injects(api), "the policy is gone")


def injects(api: ControlPlane) -> bool:
    """Whether a pod that asks for a secret is injected now, by whatever there is."""
    return is_injected(create(api, annotated("default")))
