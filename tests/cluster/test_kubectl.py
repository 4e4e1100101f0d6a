"""Installing without Helm, by the real kubectl: from a folder, and as a base of kustomize."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from initsync.testing.controlplane import Binaries, ControlPlane
from initsync.testing.controlplane.binaries import part
from initsync.testing.controlplane.gobuild import found
from initsync.testing.controlplane.progress import Progress
from tests.chart.inventory import inventory
from tests.node.files import kubeconfig

ROOT = Path(__file__).parents[2]
REGISTRY = "registry.example.com/platform"
Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def program() -> Path:
    return found(part("kubectl"), os.environ, Progress(sys.__stderr__ or sys.stderr))


@pytest.fixture
def api(binaries: Binaries) -> Iterator[ControlPlane]:
    """A cluster of its own: others have JASM in theirs already."""
    with ControlPlane(binaries) as own:
        yield own


@pytest.fixture
def kubectl(program: Path, api: ControlPlane, tmp_path: Path) -> Kubectl:
    file = tmp_path / "kubeconfig"
    file.touch(0o600)
    file.write_text(kubeconfig(api.url, Path(api.ca_file), {"token": api.admin_token}))

    def run(line: str) -> str:
        command = [str(program), f"--kubeconfig={file}", f"--cache-dir={tmp_path}", *line.split()]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    return run


def test_the_manifests_come_by_kustomize_and_go_again(api: ControlPlane, kubectl: Kubectl) -> None:
    before = inventory(api)

    said = kubectl("apply -k deploy/manifests")
    came = inventory(api) - before

    assert "mutatingwebhookconfiguration.admissionregistration.k8s.io/jasm-injector created" in said
    assert len([it for it in came if "/jasm-" in it]) > 10
    kubectl("delete -k deploy/manifests --wait=false")
    # Nobody ends a namespace here; what is in it is gone already.
    assert {it for it in inventory(api) - before if "/jasm-" in it} == {"namespaces /jasm-system"}


def test_the_manifests_come_from_their_folder_once_the_namespace_is_there(
    api: ControlPlane, kubectl: Kubectl
) -> None:
    kubectl("apply -f deploy/manifests/namespace.yaml")

    said = kubectl("apply -f deploy/manifests")

    assert "deployment.apps/jasm-injector created" in said
    assert "jasm-injector created" not in kubectl("apply -f deploy/manifests")


def test_the_overlay_of_the_page_names_the_own_images(kubectl: Kubectl, tmp_path: Path) -> None:
    page = (ROOT / "docs/install.md").read_text()
    (text,) = re.findall(r"```yaml\n(# kustomization.yaml\n.*?)```", page, re.DOTALL)
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay/kustomization.yaml").write_text(text)

    built = list(yaml.safe_load_all(kubectl(f"kustomize {tmp_path}/overlay")))

    pods = [it["spec"]["template"]["spec"] for it in built if it["kind"] in ("Deployment", "Job")]
    images = {container["image"] for pod in pods for container in pod["containers"]}
    assert images == {f"{REGISTRY}/jasm/injector:0.1.0"}
    (deployment,) = (it for it in built if it["kind"] == "Deployment")
    args = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert f"--image={REGISTRY}/jasm/init:0.1.0" in args
