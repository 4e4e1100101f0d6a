"""`kubectl drain` of nodes with injected pods: which it takes away, and which by an option."""

import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from initsync.testing.controlplane import ControlPlane
from initsync.testing.webhook import Webhook
from initsync.words import keys
from tests import programs
from tests.cluster.by_hand import write_kubeconfig
from tests.cluster.injector_side import annotated, create, register

PAGE = (Path(__file__).parents[2] / "docs/troubleshooting.md").read_text()
Drain = Callable[..., tuple[int, str]]
SHOWN: dict[str, Any] = {"volumes": [{"name": "v", "secret": {"secretName": "db"}}]}


@pytest.fixture
def node(real_api: ControlPlane, webhook: Webhook) -> Iterator[str]:
    """One without a kubelet, in a cluster that injects."""
    register(real_api, webhook.url, webhook.ca_pem)
    real_api.await_webhooks()
    name = f"n-{uuid.uuid4().hex[:10]}"
    found = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    real_api.create(found)
    yield name
    real_api.request("DELETE", f"/api/v1/nodes/{name}")
    real_api.unregister_webhook()


@pytest.fixture
def drain(real_api: ControlPlane, node: str, tmp_path: Path) -> Drain:
    """By the real kubectl: its exit code, and all that it says."""
    config = write_kubeconfig(tmp_path / "config", real_api, "default")
    program = str(programs.of(programs.KUBECTL))

    def run(*options: str) -> tuple[int, str]:
        place = [f"--kubeconfig={config}", "--context=test", f"--cache-dir={tmp_path}"]
        command = [program, *place, "drain", node, "--force", "--dry-run=server", *options]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def scheduled(api: ControlPlane, node: str, mode: str = "init", **spec: Any) -> Any:
    """An injected pod on the node."""
    namespace = f"t-{uuid.uuid4().hex[:10]}"
    api.create_namespace(namespace)
    pod = annotated(namespace, annotations={keys.MODE: mode})
    pod["spec"] |= {"nodeName": node, **spec}
    answer = create(api, pod, dry_run=False)
    assert answer.status == 201, answer.body["message"]
    return answer.body


def test_a_pod_that_takes_its_secret_by_env_is_drained_as_if_it_had_no_jasm_init(
    real_api: ControlPlane, node: str, drain: Drain
) -> None:
    pod = scheduled(real_api, node)

    code, said = drain()

    assert code == 0, said
    assert f"/{pod['metadata']['name']} (server dry run)" in said


@pytest.mark.parametrize(
    ("mode", "spec"), [("init", SHOWN), ("sidecar", {})], ids=["a volume", "a sidecar"]
)
def test_one_with_the_volume_in_memory_needs_the_option_that_the_page_names(
    real_api: ControlPlane, node: str, drain: Drain, mode: str, spec: Any
) -> None:
    pod = scheduled(real_api, node, mode, **spec)

    refused, said = drain()
    taken, done = drain("--delete-emptydir-data")

    assert refused == 1
    sentence = "cannot delete Pods with local storage (use --delete-emptydir-data to override)"
    assert sentence in said
    assert sentence in PAGE
    assert taken == 0, done
    assert f"/{pod['metadata']['name']} (server dry run)" in done
