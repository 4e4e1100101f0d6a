"""What `deploy/` holds is accepted by the real API server, and says what the code does."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
from initsync.words.model import JsonObject

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
NEW = "-of-deploy"  # the real ones may be registered by other tests
FILES = sorted(
    file.relative_to(DEPLOY)
    for folder in ("manifests", "examples")
    for file in (DEPLOY / folder).rglob("*.yaml")
)


def documents(file: Path) -> list[JsonObject]:
    return [found for found in yaml.safe_load_all((DEPLOY / file).read_text()) if found]


def load(name: str) -> Any:
    return documents(Path(name))[0]


@pytest.fixture(scope="module")
def cluster(real_api: ControlPlane) -> ControlPlane:
    """With the namespace that the others live in."""
    real_api.create_namespace("jasm-system")
    real_api.create_service_account("default", "app")
    return real_api


@pytest.mark.parametrize("file", FILES, ids=str)
def test_the_real_api_server_accepts_it_to_the_letter(cluster: ControlPlane, file: Path) -> None:
    for document in documents(file):
        document["metadata"]["name"] += NEW
        target = f"{manifests.path(document)}?fieldManager=t&fieldValidation=Strict&dryRun=All"

        answer = cluster.request("PATCH", target, document, "application/apply-patch+yaml")

        assert answer.status in (200, 201), answer.body["message"]


def test_the_webhook_is_registered_as_the_tests_do() -> None:
    shipped = load("manifests/mutatingwebhookconfiguration.yaml")["webhooks"]
    tested = manifests.webhook_configuration({})["webhooks"]

    for real, ours in zip(shipped, tested, strict=True):
        assert {"clientConfig": {}} | {
            key: real[key] for key in ours if key[:6] != "client"
        } == ours
        assert set(real) - set(ours) == {"namespaceSelector", "objectSelector"}


def test_the_last_try_is_the_one_that_may_not_fail_and_all_end_in_time() -> None:
    shipped = load("manifests/mutatingwebhookconfiguration.yaml")["webhooks"]

    assert [webhook["failurePolicy"] for webhook in shipped] == ["Ignore", "Ignore", "Fail"]
    assert sum(webhook["timeoutSeconds"] for webhook in shipped) == 5


def test_the_webhooks_name_sorts_before_the_aws_webhooks() -> None:
    shipped = load("manifests/mutatingwebhookconfiguration.yaml")

    assert shipped["metadata"]["name"] < "pod-identity-webhook"


def test_the_injectors_own_pods_pass_pod_security_restricted(cluster: ControlPlane) -> None:
    name = "restricted"
    cluster.create_namespace(name, {"pod-security.kubernetes.io/enforce": "restricted"})
    cluster.create_service_account(name, "jasm-injector")
    template = load("manifests/deployment.yaml")["spec"]["template"]
    metadata = template["metadata"] | {"name": "injector", "namespace": name}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}

    answer = cluster.request("POST", f"/api/v1/namespaces/{name}/pods?dryRun=All", pod)

    assert answer.status == 201, answer.body["message"]
