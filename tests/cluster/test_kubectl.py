"""Installing without Helm, by the real kubectl: from a folder, and as a base of kustomize."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from initsync import __version__
from initsync.testing.controlplane import Binaries, ControlPlane
from tests import docs_blocks, programs
from tests.chart.helm import NAMESPACE, Helm
from tests.chart.inventory import inventory
from tests.node.files import kubeconfig

ROOT = Path(__file__).parents[2]
REGISTRY = "registry.example.com/platform"
Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def program() -> Path:
    return programs.of(programs.KUBECTL)


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


def test_what_helm_renders_is_applied_by_kubectl(
    kubectl: Kubectl, helm: Helm, tmp_path: Path
) -> None:
    rendered = tmp_path / "jasm.yaml"
    rendered.write_text(helm.template("--set=tests.enabled=false"))
    kubectl("apply -f deploy/manifests/namespace.yaml")

    assert "deployment.apps/jasm-injector created" in kubectl(f"apply -f {rendered}")


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """Of docs/install.md, beside the base."""
    (text,) = docs_blocks.marked("install", "jasm/kustomization.yaml")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    (tmp_path / "jasm").mkdir()
    (tmp_path / "jasm/kustomization.yaml").write_text(text)
    return tmp_path / "jasm"


def commands(page: str, after: str) -> list[str]:
    """Of kubectl's, in the page's first shell block after these words."""
    text = (docs_blocks.DOCS / f"{page}.md").read_text().partition(after)[2]
    block = text.partition("```sh\n")[2].partition("```")[0]
    return [line.removeprefix("kubectl ") for line in block.splitlines()]


def test_the_manifests_come_by_kustomize_and_go_again(api: ControlPlane, kubectl: Kubectl) -> None:
    before = inventory(api)

    said = kubectl("apply -k deploy/manifests")
    came = inventory(api) - before

    assert "mutatingwebhookconfiguration.admissionregistration.k8s.io/jasm-injector created" in said
    assert len([it for it in came if "/jasm-" in it]) > 10
    first, second = commands("upgrade", "By hand the order is yours")
    kubectl(first)
    kubectl(f"{second} --wait=false")
    # Nobody ends a namespace here; what is in it is gone already.
    assert {it for it in inventory(api) - before if "/jasm-" in it} == {"namespaces /jasm-system"}


def test_the_manifests_come_from_their_folder_once_the_namespace_is_there(
    api: ControlPlane, kubectl: Kubectl
) -> None:
    kubectl("apply -f deploy/manifests/namespace.yaml")

    said = kubectl("apply -f deploy/manifests")

    assert "deployment.apps/jasm-injector created" in said
    assert "jasm-injector created" not in kubectl("apply -f deploy/manifests")


def test_the_overlay_of_the_page_names_the_own_images(kubectl: Kubectl, overlay: Path) -> None:
    built = list(yaml.safe_load_all(kubectl(f"kustomize {overlay}")))

    pods = [it["spec"]["template"]["spec"] for it in built if it["kind"] in ("Deployment", "Job")]
    images = {container["image"] for pod in pods for container in pod["containers"]}
    assert images == {f"{REGISTRY}/jasm/injector:{__version__}"}
    (deployment,) = (it for it in built if it["kind"] == "Deployment")
    args = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert f"--image={REGISTRY}/jasm/init:{__version__}" in args


def test_an_overlay_is_applied_over_the_base_and_over_another_image(
    api: ControlPlane, kubectl: Kubectl, overlay: Path
) -> None:
    """A Job cannot be changed: without the page's first command the second is refused."""
    clear, apply = commands("install", "## Kustomize")
    apply = apply.replace(" jasm", f" {overlay}")
    kubectl(clear)  # there is nothing yet, not even the namespace
    kubectl("apply -k deploy/manifests")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        kubectl(apply)
    assert "field is immutable" in refused.value.stderr

    for tag in (__version__, "0.1.1"):
        file = overlay / "kustomization.yaml"
        file.write_text(file.read_text().replace(f"newTag: {__version__}", f"newTag: {tag}"))
        kubectl(clear)
        kubectl(apply)

        (job,) = api.request("GET", f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs").body["items"]
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["image"] == f"{REGISTRY}/jasm/injector:{tag}"
