"""Installing without Helm, by the real kubectl: from a folder, and as a base of kustomize."""

import base64
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from initsync import __version__
from initsync.testing.controlplane import ControlPlane
from initsync.words import keys
from tests import docs_blocks, programs
from tests.chart.examples import arguments, certificate_job, pod_templates
from tests.chart.helm import NAMESPACE, Helm
from tests.chart.inventory import cleared, inventory
from tests.cluster.certificate_pod import CertificatePod
from tests.node.files import kubeconfig
from tests.polling import until

ROOT = Path(__file__).parents[2]
REGISTRY = "registry.example.com/platform"
Kubectl = Callable[..., str]


@pytest.fixture(scope="module")
def program() -> Path:
    return programs.of(programs.KUBECTL)


@pytest.fixture
def api(spare_api: ControlPlane) -> Iterator[ControlPlane]:
    with cleared(spare_api):
        yield spare_api


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

    pods = list(pod_templates(built))
    images = {container["image"] for pod in pods for container in pod["spec"]["containers"]}
    assert (len(pods), images) == (2, {f"{REGISTRY}/jasm/injector:{__version__}"})
    assert f"--image={REGISTRY}/jasm/init:{__version__}" in arguments(built)


def test_an_overlay_is_applied_over_the_base_and_over_another_image(
    api: ControlPlane, kubectl: Kubectl, overlay: Path
) -> None:
    (apply,) = commands("install", "## Kustomize")
    apply = apply.replace(" jasm", f" {overlay}")
    kubectl("apply -k deploy/manifests")

    for tag in (__version__, "0.1.1"):
        file = overlay / "kustomization.yaml"
        file.write_text(file.read_text().replace(f"newTag: {__version__}", f"newTag: {tag}"))
        kubectl(apply)

        target = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
        for found in api.request("GET", target).body["items"]:
            (container,) = found["spec"]["template"]["spec"]["containers"]
            assert container["image"] == f"{REGISTRY}/jasm/injector:{tag}"


def test_under_another_namespace_and_other_names_the_job_makes_the_certificate_of_those(
    api: ControlPlane, kubectl: Kubectl, overlay: Path, tmp_path: Path
) -> None:
    """As its pod would, with the rights that the kustomization then gives it."""
    changes = {"namespace": "platform", "namePrefix": "acme-", "nameSuffix": "-v2"}
    file = overlay / "kustomization.yaml"
    file.write_text(file.read_text() + yaml.safe_dump(changes))
    kubectl(f"apply -k {overlay}")
    built = [it for it in yaml.safe_load_all(kubectl(f"kustomize {overlay}")) if it]
    hooks = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    secret = "/api/v1/namespaces/platform/secrets/jasm-injector-tls"

    with CertificatePod(api, certificate_job(built), tmp_path / "pod") as pod:
        name = "acme-jasm-injector-v2"
        until(lambda: bool(bundle(api, f"{hooks}/{name}")), f"{name} has its caBundle")
        made = api.request("GET", secret).body
        assert pod.runs()

    leaf = x509.load_pem_x509_certificate(base64.b64decode(made["data"]["tls.crt"]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [f"{name}.platform.svc"]
    assert bundle(api, f"{hooks}/{name}") == made["data"]["ca.crt"]
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("Service", name)


def bundle(api: ControlPlane, target: str) -> str:
    """The caBundle of the first entry."""
    entry, *_ = api.request("GET", target).body["webhooks"]
    return str(entry["clientConfig"].get("caBundle", ""))


def test_under_another_namespace_jasms_own_is_left_out_all_the_same(
    api: ControlPlane, kubectl: Kubectl, overlay: Path
) -> None:
    """The registration's selector has the first name, which kustomize does not know for one."""
    file = overlay / "kustomization.yaml"
    file.write_text(f"{file.read_text()}namespace: platform\n")

    kubectl(f"apply -k {overlay}")

    own = api.request("GET", "/api/v1/namespaces/platform").body["metadata"]["labels"]
    assert own[keys.NAMESPACE_LABEL] == "disabled"
