"""What a start loads: nothing that its pod, or its command, does not need."""

import subprocess
import sys

import pytest

from tests.places import ROOT

REVIEWED = """
import sys
import injector.cli.main, injector.server.server
from initsync.injection.settings import InjectionSettings
from injector.webhook.plan import Plans
text = "provider: aws-secretsmanager\\npath: {}\\nsecretName: db"
for path in ("/prod/db", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a", "..."):
    annotations = {"jasm.codnod.io/secret-sync": text.format(path)}
    pod = {"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "a"}]}}
    assert Plans(InjectionSettings("i")).of(pod, 500).patch
print(*sys.modules)
"""


def test_the_serving_process_loads_no_client_of_a_cluster_or_a_cloud() -> None:
    """Not before it has reviewed pods, and not after."""

    loaded = subprocess.run(
        [sys.executable, "-c", REVIEWED], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    foreign = {
        "injector.certs.job",
        "injector.certs.store",
        "initsync.kube.cluster",
        "initsync.network.transport",
        "initsync.providers.aws.secretsmanager",
        "initsync.providers.aws.credentials",
    }
    assert "injector.server.server" in loaded
    assert foreign & set(loaded) == set()
    assert all((ROOT / f"{name.replace('.', '/')}.py").exists() for name in foreign)


def test_writing_the_container_by_hand_needs_nothing_of_the_injectors_server() -> None:
    code = "import sys, initsync.cli.manifest; print(*{name.split('.')[0] for name in sys.modules})"

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    servers = {"orjson", "httptools", "cryptography", "prometheus_client"}
    assert servers & set(loaded) == set()


@pytest.mark.parametrize(
    "module",
    [
        "initsync.pod.main",
        "initsync.pod.job",
        "initsync.providers.aws.secretsmanager",
        "initsync.sync.run",
        "initsync.pod.sidecar.loop",
        "initsync.pod.sidecar.pages",
    ],
)
def test_the_pod_path_imports_the_standard_library_and_pyyaml_only(module: str) -> None:
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"

    loaded = subprocess.run(
        [sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    ours = {"initsync", "yaml", "_yaml", "__main__"}
    # PyYAML's, venvs', Debian's
    helpers = ("cython_runtime", "_cython", "__editable", "_distutils_hack", "sitecustomize")
    foreign = set(loaded) - ours - set(sys.stdlib_module_names)
    assert {name for name in foreign if not name.startswith(helpers)} == set()


@pytest.mark.parametrize(
    "costly",
    [
        *("http.client", "email", "dataclasses", "logging", "random", "urllib.request", "asyncio"),
        *("threading", "socketserver"),
    ],
)
def test_the_pod_path_leaves_costly_modules_of_the_standard_library_alone(costly: str) -> None:
    code = (
        "import sys, initsync.pod.main, initsync.pod.job, initsync.providers.aws.secretsmanager;"
        "import initsync.pod.sidecar.loop, initsync.pod.sidecar.pages;"
        f"print({costly!r} in sys.modules)"
    )

    answer = subprocess.run(
        [sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True
    ).stdout

    assert answer == "False\n"


def test_a_pods_start_loads_nothing_of_the_folders_that_are_for_people() -> None:
    code = (
        "import sys, initsync.pod.main, initsync.pod.job, initsync.providers.aws.secretsmanager;"
        "import initsync.pod.sidecar.loop, initsync.pod.sidecar.pages;"
        "print(*sys.modules)"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()

    for_people = ("cli", "doctor", "injection", "inventory", "manifests", "permissions")
    assert all((ROOT / "initsync" / folder).is_dir() for folder in for_people)
    assert [
        it for it in loaded if it.startswith(tuple(f"initsync.{it}" for it in for_people))
    ] == []
