"""Every Kubernetes object that a page shows is one that a real API server takes."""

import json
import uuid
from typing import Any, NamedTuple

import pytest

from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane
from initsync.testing.podrun import AwsIdentity, run_container
from initsync.testing.webhook import Webhook
from tests import docs_blocks


def is_kubernetes_own(shown: Any) -> bool:
    """Whether every API server serves it: the groups of others have a domain of their own."""
    group, slash, _ = shown["apiVersion"].partition("/")
    return not slash or "." not in group or group.endswith(".k8s.io")


def objects() -> list[Any]:
    pages = sorted(page.stem for page in docs_blocks.DOCS.glob("*.md"))
    found = ((page, one) for page in pages for one in docs_blocks.manifests(page))
    return [
        pytest.param(one, id=f"{page}-{one['kind']}-{number}")
        for number, (page, one) in enumerate(found)
        if is_kubernetes_own(one)
    ]


class Moved(NamedTuple):
    """The real API server, with a namespace in place of the examples' own."""

    api: ControlPlane
    namespace: str

    def there(self, shown: Any) -> Any:
        """The object in that namespace."""
        old, new = (f'"namespace": "{name}"' for name in ("shop", self.namespace))
        wanted = json.loads(json.dumps(shown).replace(old, new))
        if shown["kind"] == "Namespace":
            wanted["metadata"]["name"] = f"{self.namespace}-too"
        else:
            wanted["metadata"]["namespace"] = self.namespace
        return wanted


@pytest.fixture(scope="module")
def moved(real_api: ControlPlane) -> Moved:
    """With the ServiceAccounts that pods need to be there."""
    namespace = f"docs-{uuid.uuid4().hex[:8]}"
    real_api.create_namespace(namespace)
    for name in ("app", "default"):
        real_api.create_service_account(namespace, name)
    return Moved(real_api, namespace)


@pytest.mark.parametrize("shown", objects())
def test_the_api_server_takes_it(moved: Moved, shown: Any) -> None:
    wanted = moved.there(shown)
    wanted["metadata"]["name"] += "-docs"  # some are there already

    path = f"{manifests.collection(wanted)}?dryRun=All&fieldValidation=Strict"
    answer = moved.api.request("POST", path, wanted)

    assert answer.status == 201, answer.body.get("message")


def test_the_walk_through_of_eks_ends_with_the_secret(
    moved: Moved, aws: AwsServer, webhook: Webhook
) -> None:
    moved.api.register_webhook(webhook.url, webhook.ca_pem)
    shown = {one["kind"]: moved.there(one) for one in docs_blocks.manifests("eks")}
    for kind in ("ServiceAccount", "Role", "RoleBinding"):
        moved.api.apply(shown[kind])
    aws.put_secret("/prod/shop/db", {"username": "shop", "password": "pl4nted-one"})
    template = shown["Deployment"]["spec"]["template"]
    own = {"name": "shop-6d5f9c7b8d-2xk9p", "namespace": moved.namespace}
    metadata = template["metadata"] | own
    pod = moved.api.create({"apiVersion": "v1", "kind": "Pod", **template, "metadata": metadata})

    role = shown["ServiceAccount"]["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    ended = run_container(moved.api, pod, "jasm-init", aws=AwsIdentity(role, aws.region, aws.url))

    assert ended.exit_code == 0, ended.stderr
    sentence = "Secret db created with 2 keys from aws-secretsmanager /prod/shop/db"
    assert sentence in ended.stderr
    page = (docs_blocks.DOCS / "eks.md").read_text()
    assert f"SecretSynced  jasm-init  {sentence}" in page
