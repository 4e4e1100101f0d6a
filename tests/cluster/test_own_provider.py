"""People's commands for a pod whose secret comes from a provider of no cloud."""

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.by_hand import write_kubeconfig
from tests.initsync.providers.test_own_provider import LINE
from tests.places import ROOT

ANNOTATION = "provider: shelf\npath: prod/db\nsecretName: db\n"


@pytest.fixture
def place(real_api: ControlPlane, tmp_path: Path) -> tuple[str, ...]:
    """A namespace with such a pod, in which `jasm-init` was written by hand, and its Secret."""
    namespace = f"t-{uuid.uuid4().hex[:10]}"
    real_api.create_namespace(namespace)
    pod = manifests.pod(namespace, "asks", {keys.ANNOTATION: ANNOTATION})
    pod["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "db"}}]
    pod["spec"]["initContainers"] = [{"name": keys.CONTAINER, "image": "i"}]
    real_api.create(pod)
    labels = {keys.MANAGED_BY: keys.MANAGED_BY_DEFAULT, keys.PROVIDER: "shelf"}
    marks = {keys.SOURCE_PATH: "prod/db", keys.SYNCED_AT: "2026-01-01T00:00:00Z"}
    metadata = {"name": "db", "namespace": namespace, "labels": labels, "annotations": marks}
    real_api.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
    config = write_kubeconfig(tmp_path / "config", real_api, namespace)
    return (f"--kubeconfig={config}", "--context=test", "-n", namespace, "-o", "json")


def told(*arguments: str) -> JsonObject:
    code = f"import sys; sys.argv = {['initsync', *arguments]}\n{LINE}"
    code += "from initsync.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    found: JsonObject = json.loads(done.stdout)
    return found


def test_list_shows_where_it_comes_from(place: tuple[str, ...]) -> None:
    (row,) = told("list", *place)["secrets"]

    assert (row["name"], row["provider"], row["path"]) == ("db", "shelf", "prod/db")


def test_doctor_judges_it_by_nothing_of_aws(place: tuple[str, ...]) -> None:
    checks = told("doctor", *place, "--pod", "asks")["checks"]

    found = {check["check"]: check for check in checks}
    assert (found["annotation"]["status"], found["secret"]["status"]) == ("ok", "ok")
    for name in ("identity", "cloud-identity", "cloud-secret"):
        assert found[name]["status"] == "skipped"
        assert found[name]["message"].startswith("the doctor does not know shelf")
    assert "AWS" not in json.dumps(checks)
