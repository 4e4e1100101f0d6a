"""docs/migration.md: what happens to a Secret that External Secrets Operator made."""

import re

from initsync.words import keys
from initsync.words.model import JsonObject
from tests.cluster.shop import Shop
from tests.docs_blocks import DOCS

LABEL = "reconcile.external-secrets.io/managed"
OWNER: JsonObject = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "name": "db",
    "uid": "0f6d2a4e-0000-4000-8000-000000000001",
    "controller": True,
    "blockOwnerDeletion": True,
}


def of_the_operator(shop: Shop, **metadata: object) -> None:
    """As it makes one: an Update of the whole object, with a key that only its template has."""
    own = {
        "labels": {LABEL: "true"},
        "annotations": {"reconcile.external-secrets.io/data-hash": "x"},
    }
    shop.api.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "db", "namespace": shop.namespace} | own | metadata,
            "data": {"user": "dQ==", "password": "b2xk", "url": "eA=="},
        }
    )


def hand_over(shop: Shop) -> None:
    """By the page's own command."""
    (word,) = re.findall(r"annotate secret db (\S+)`", (DOCS / "migration.md").read_text())
    name, _, value = word.partition("=")
    assert (name, value) == (keys.ADOPT, "true")
    patch = {"metadata": {"annotations": {name: value}}}
    path = f"/api/v1/namespaces/{shop.namespace}/secrets/db"
    assert shop.api.request("PATCH", path, patch, "application/merge-patch+json").status == 200


def test_it_is_left_alone_until_it_is_handed_over_and_then_has_the_cloud_secrets_keys(
    shop: Shop,
) -> None:
    of_the_operator(shop)

    refused = shop.run(shop.pod("web-1"))
    hand_over(shop)
    adopted = shop.run(shop.pod("web-2"), JASM_SETTLE="0")

    assert (refused.exit_code, adopted.exit_code) == (3, 0)
    assert sorted(shop.values()) == ["password", "port", "user"]
    metadata = shop.secret()["metadata"]
    assert metadata["labels"][keys.MANAGED_BY] == keys.MANAGED_BY_DEFAULT
    assert metadata["labels"][LABEL] == "true"
    assert shop.run(shop.pod("web-3")).exit_code == 0


def test_its_owner_stays_so_that_it_must_be_taken_off_first(shop: Shop) -> None:
    of_the_operator(shop, ownerReferences=[OWNER])
    hand_over(shop)

    ended = shop.run(shop.pod("web-1"), JASM_SETTLE="0")

    assert ended.exit_code == 0
    (owner,) = shop.secret()["metadata"]["ownerReferences"]
    assert owner["kind"] == "ExternalSecret"
