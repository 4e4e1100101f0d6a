"""`initsync --pod NAME` of a pod whose annotation somebody changed after its container started."""

import uuid
from pathlib import Path

import pytest

from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.client import MERGE
from initsync.testing.controlplane import ControlPlane
from initsync.testing.server import ApiServer
from initsync.words import keys
from tests import polling
from tests.cluster.by_hand import GOOD, create, run, write_kubeconfig


@pytest.fixture
def api(real_api: ControlPlane) -> ApiServer:
    """The embedded one keeps no times of changes."""
    return real_api


@pytest.fixture
def kubeconfig(api: ApiServer, namespace: str, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "kubeconfig", api, namespace)


def edited(api: ApiServer, namespace: str) -> tuple[str, str, str]:
    """The path of a pod whose annotation changed, when it was made, and when that changed."""
    manifest = manifests.pod(namespace, "web-1", {keys.ANNOTATION: GOOD, keys.INJECT: "false"})
    init = {"name": keys.CONTAINER, "image": "registry.invalid/init:1"}
    manifest["spec"]["initContainers"] = [init]
    made = str(api.create(manifest)["metadata"]["creationTimestamp"])
    path = manifests.path(manifest)
    changes: list[str] = []

    def in_a_later_second() -> bool:
        text = GOOD.replace("/prod/db", f"/prod/{uuid.uuid4()}")
        change = {"metadata": {"annotations": {keys.ANNOTATION: text}}}
        target = f"{path}?fieldManager=kubectl-annotate"
        metadata = api.request("PATCH", target, change, MERGE).body["metadata"]
        changes.append(max(str(entry["time"]) for entry in metadata["managedFields"]))
        return changes[-1] > made

    polling.until(in_a_later_second)
    return path, made, changes[-1]


@pytest.mark.threat("An annotation is malicious")
def test_an_annotation_that_is_younger_than_its_container_is_warned_of(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    _, made, changed = edited(api, namespace)

    ended = run(kubeconfig, aws, "--pod", "web-1")

    assert ended.stderr.startswith(
        f"warning: annotation {keys.ANNOTATION} was changed at {changed} by 'kubectl-annotate', "
        f"after the pod had started with it at {made}: what it asks for now is fetched with your "
    )
    assert ended.returncode == 4  # nothing is at that path


def test_one_that_its_container_has_started_with_is_not(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    path, _, _ = edited(api, namespace)
    running = {"running": {"startedAt": "2100-01-01T00:00:00Z"}}
    own = {"name": keys.CONTAINER, "image": "i", "imageID": "i", "ready": False, "restartCount": 0}
    status = {"status": {"initContainerStatuses": [own | {"state": running}]}}
    assert api.request("PATCH", f"{path}/status", status, MERGE).status == 200

    assert "was changed" not in run(kubeconfig, aws, "--pod", "web-1").stderr


def test_one_that_the_pod_was_made_with_is_not(
    api: ApiServer, namespace: str, kubeconfig: Path, aws: AwsServer
) -> None:
    create(api, namespace, GOOD)

    assert "was changed" not in run(kubeconfig, aws, "--pod", "web-1").stderr
