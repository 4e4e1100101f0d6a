"""`initsync list --missed`: pods that asked and were not served."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from initsync import keys
from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from tests.cluster.by_hand import GOOD, write_kubeconfig


@pytest.fixture
def api(real_api: ControlPlane) -> ControlPlane:
    return real_api


def run(kubeconfig: Path, *options: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "initsync", "list", "--missed", "--context=test"]
    ended = subprocess.run(
        [*command, f"--kubeconfig={kubeconfig}", *options],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_a_pod_that_asked_and_was_not_injected_is_found(
    api: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    if "jasm-injector" in _webhooks(api):  # of an earlier test
        api.unregister_webhook()
    config = write_kubeconfig(tmp_path / "config", api, namespace)
    api.create(manifests.pod(namespace, "plain"))
    api.create(manifests.pod(namespace, "missed", {keys.ANNOTATION: GOOD}))
    out = {keys.ANNOTATION: GOOD, keys.INJECT: "false"}
    api.create(manifests.pod(namespace, "out", out))
    served = manifests.pod(namespace, "served", {keys.ANNOTATION: GOOD})
    served["spec"]["initContainers"] = [{"name": keys.CONTAINER, "image": "i"}]
    api.create(served)

    code, out_json, _ = run(config, "-n", namespace, "-o", "json")

    found = {one["pod"]: one["why"] for one in json.loads(out_json)}
    assert code == 0
    assert found == {
        "missed": "the injector did not see it: delete it, so that it is created again",
        "out": "it opts out (jasm.codnod.io/inject) and has no jasm-init of its own",
    }
    assert f"{namespace}/missed, created 20" in run(config)[1]


def _webhooks(api: ControlPlane) -> list[str]:
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    return [item["metadata"]["name"] for item in api.request("GET", path).body["items"]]


def test_without_the_right_it_says_so(api: ControlPlane, namespace: str, tmp_path: Path) -> None:
    api.create_service_account(namespace, "nobody")
    user = {"token": api.create_token(namespace, "nobody")}
    config = write_kubeconfig(tmp_path / "config", api, namespace, user)

    code, _, said = run(config)

    assert code == 5
    assert "cannot list pods in the whole cluster: pods is forbidden" in said
