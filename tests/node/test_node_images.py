"""Each image runs its commands by itself: as the kubelet starts it, and nothing around it."""

from typing import Any

import pytest

from initsync import __version__
from initsync.words.model import JsonObject
from tests.chart.helm import REGISTRY
from tests.node.node import Node
from tests.node.waiting import until

NAMESPACE = "images"
MANIFEST = """\
kind: Pod
metadata:
  name: web
  annotations:
    jasm.codnod.io/secret-sync: |
      provider: aws-secretsmanager
      path: /prod/db
      secretName: db
spec:
  containers: [{name: app, image: 'app:1'}]
"""
COMMANDS = {
    "init": ("init", "jasm-init --version", f"jasm-init {__version__}\n"),
    "wait": ("init", "jasm-wait --version", f"jasm-wait {__version__}\n"),
    "help": ("injector", "jasm-injector --help", "Usage: jasm-injector [OPTIONS] COMMAND"),
    "injector": ("injector", "jasm-injector --version", f"jasm-injector {__version__}\n"),
    "version": ("full", "initsync --version", f"initsync {__version__}\n"),
    "check": ("full", "initsync check /m/pod.yaml", "1 annotation in 1 file checked, 0 invalid"),
    "manifest": (
        "full",
        "initsync manifest --image i /m/pod.yaml",
        "Pod 'web': jasm-init was added",
    ),
}
"""By container: its image, its command, what it says."""


def container(name: str) -> JsonObject:
    image, command, _ = COMMANDS[name]
    return {
        "name": name,
        "image": f"{REGISTRY}/jasm/{image}:{__version__}",
        "command": command.split(),
        "volumeMounts": [{"name": "m", "mountPath": "/m"}],
        "securityContext": {"readOnlyRootFilesystem": True, "runAsNonRoot": True},
    }


@pytest.fixture(scope="module")
def pod(node: Node) -> JsonObject:
    """One with a container for each of them, all ended."""
    item = {"path": "pod.yaml", "fieldRef": {"fieldPath": "metadata.annotations['manifest']"}}
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "containers": [container(name) for name in COMMANDS],
        "volumes": [{"name": "m", "downwardAPI": {"items": [item]}}],
    }
    metadata = {"namespace": NAMESPACE, "name": "all", "annotations": {"manifest": MANIFEST}}
    node.api.create_namespace(NAMESPACE)
    made = node.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    phases = ("Succeeded", "Failed")
    until(lambda: node.api.get(made)["status"].get("phase") in phases, "every command has ended")
    ended: JsonObject = node.api.get(made)
    return ended


@pytest.mark.parametrize("name", COMMANDS)
def test_an_image_runs_its_commands(node: Node, pod: JsonObject, name: str) -> None:
    statuses = {one["name"]: one["state"] for one in pod["status"]["containerStatuses"]}

    said = node.kubectl("logs", f"--namespace={NAMESPACE}", "all", f"--container={name}")

    assert COMMANDS[name][2] in said
    assert statuses[name]["terminated"]["exitCode"] == 0
