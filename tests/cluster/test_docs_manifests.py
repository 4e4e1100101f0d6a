"""Every Kubernetes object that a page shows is one that a real API server takes."""

import copy
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.aws import AwsServer
from initsync.testing.controlplane import ControlPlane
from initsync.testing.podrun import AwsIdentity, run_container
from initsync.testing.webhook import Webhook
from tests import docs_blocks

# Of others' APIs, which are not served here.
FOREIGN = {"ExternalSecret", "SecretProviderClass", "ClusterConfig"}


def objects() -> list[Any]:
    pages = sorted(page.stem for page in docs_blocks.DOCS.glob("*.md"))
    found = ((page, one) for page in pages for one in docs_blocks.manifests(page))
    return [
        pytest.param(one, id=f"{page}-{one['kind']}-{number}")
        for number, (page, one) in enumerate(found)
        if one["kind"] not in FOREIGN
    ]


@pytest.fixture(scope="module")
def shop(real_api: ControlPlane) -> ControlPlane:
    """The namespace of the examples, with the ServiceAccounts that they name."""
    for namespace in ("shop", "docs"):
        real_api.create_namespace(namespace)
    real_api.create_service_account("shop", "app")
    real_api.create_service_account("shop", "default")
    return real_api


@pytest.mark.parametrize("shown", objects())
def test_the_api_server_takes_it(shop: ControlPlane, shown: Any) -> None:
    wanted = copy.deepcopy(shown)
    wanted["metadata"]["name"] += "-docs"  # the namespace itself is there already

    path = f"{manifests.collection(wanted)}?dryRun=All&fieldValidation=Strict"
    answer = shop.request("POST", path, wanted)

    assert answer.status == 201, answer.body.get("message")


def test_the_walk_through_of_eks_ends_with_the_secret(
    shop: ControlPlane, aws: AwsServer, webhook: Webhook
) -> None:
    shop.register_webhook(webhook.url, webhook.ca_pem)
    shown = {one["kind"]: one for one in docs_blocks.manifests("eks")}
    for kind in ("ServiceAccount", "Role", "RoleBinding"):
        shop.apply(shown[kind])
    aws.put_secret("/prod/shop/db", {"username": "shop", "password": "pl4nted-one"})
    template = shown["Deployment"]["spec"]["template"]
    metadata = template["metadata"] | {"name": "shop-6d5f9c7b8d-2xk9p", "namespace": "shop"}
    pod = shop.create({"apiVersion": "v1", "kind": "Pod", **template, "metadata": metadata})

    role = shown["ServiceAccount"]["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    ended = run_container(shop, pod, "jasm-init", aws=AwsIdentity(role, aws.region, aws.url))

    assert ended.exit_code == 0, ended.stderr
    (page,) = docs_blocks.DOCS.glob("eks.md")
    sentence = "Secret db created with 2 keys from aws-secretsmanager /prod/shop/db"
    assert sentence in ended.stderr
    assert f"SecretSynced  jasm-init  {sentence}" in page.read_text()
