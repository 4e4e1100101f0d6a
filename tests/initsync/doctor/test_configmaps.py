"""A ConfigMap that is not there keeps `jasm-init` from starting, and nothing in its log says so."""

from typing import Any

import pytest

from initsync.doctor import configmaps
from initsync.doctor.result import Unread
from initsync.injection.container import token_volume
from initsync.injection.settings import InjectionSettings
from initsync.words import keys

PLATFORM = InjectionSettings(
    image="i", ca_configmap="ca", ca_key="own.crt", credentials_configmap="google"
)
THERE = {
    "ca": {"binaryData": {"own.crt": "cGw0bnRlZA=="}},
    "google": {"data": {keys.CREDENTIALS_FILE: "pl4nted"}},
}


def checked(there: dict[str, Any], settings: InjectionSettings = PLATFORM) -> list[str]:
    """Of a pod as the injector leaves it, beside a volume that it does not mount."""
    volumes = [token_volume("jasm-token", settings), {"name": "app", "configMap": {"name": "app"}}]
    mounts = [{"name": "jasm-token", "mountPath": keys.SERVICEACCOUNT_DIR}]
    ours = {"name": keys.CONTAINER, "volumeMounts": mounts}
    spec = {"initContainers": [ours], "volumes": volumes}
    pod = {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    return [str(it) for it in configmaps.checks(pod, there.get)]


def test_those_of_the_platform_are_told() -> None:
    assert checked(THERE) == [
        "ok      configmap: ConfigMap shop/ca is there",
        "ok      configmap: ConfigMap shop/google is there",
    ]
    assert checked({}, InjectionSettings(image="i")) == []


@pytest.mark.parametrize(
    ("stored", "status", "said"),
    [
        (None, "failed", "there is no ConfigMap shop/google, and the kubelet does not start"),
        ({}, "failed", "ConfigMap shop/google has no key cloud-credentials.json"),
        (Unread("it needs `get`"), "skipped", "it needs `get`"),
    ],
)
def test_one_that_the_kubelet_waits_for_is_a_failure(stored: Any, status: str, said: str) -> None:
    _, line = checked(THERE | {"google": stored})

    assert line.startswith(f"{status:<8}configmap: {said}")
    assert "pl4nted" not in line
