"""Every Kubernetes object that a page shows is one that a real API server takes."""

import copy
from typing import Any

import pytest

from initsync.testing import manifests
from initsync.testing.controlplane import ControlPlane
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
