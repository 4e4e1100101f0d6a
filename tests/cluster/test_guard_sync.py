"""JASM's own writes under the guard: all that a sync may have to do.

The whole of tests/cluster runs under it on the real API server; here is each kind of write by name.
"""

from collections import Counter

import pytest

from initsync.testing.client import MERGE
from initsync.testing.podrun import AwsIdentity
from initsync.testing.podstart import started_pod
from initsync.words import keys
from tests.cluster.contract import Secrets, secret
from tests.cluster.guard import DENIED, OF_OTHERS
from tests.cluster.shop import Shop
from tests.polling import until


@pytest.fixture
def shop(real_shop: Shop) -> Shop:
    """One whose ServiceAccount is guarded, or nothing here would show anything."""
    token = real_shop.api.create_token(real_shop.namespace, "app")
    answer = Secrets(real_shop.api.client(token), real_shop.namespace).apply(secret("db"))
    assert DENIED in answer.body["message"]
    return real_shop


def sync(shop: Shop, path: str | None = None, **env: str) -> str:
    """What the container says of a sync from `path`."""
    text = f"provider: aws-secretsmanager\npath: {path or shop.path}\nsecretName: db\n"
    number = sum(Counter(shop.calls()).values())
    ended = shop.run(shop.pod(f"web-{number}", text), JASM_SETTLE="0", **env)
    assert ended.exit_code == 0, ended.stderr
    return ended.stderr


def change(shop: Shop, patch: object) -> None:
    target = f"/api/v1/namespaces/{shop.namespace}/secrets/db?fieldManager=other"
    assert shop.api.request("PATCH", target, patch, MERGE).status == 200


def test_the_first_sync_and_one_that_changes_nothing(shop: Shop) -> None:
    assert "created with 3 keys" in sync(shop)
    assert "created" not in sync(shop)


def test_a_rotated_secret(shop: Shop) -> None:
    sync(shop)
    shop.aws.rotate(shop.path, {"user": "pl4nted-two"})

    assert "updated with 1 key" in sync(shop)
    assert shop.values() == {"user": "pl4nted-two"}


def test_keys_of_another_manager_are_removed(shop: Shop) -> None:
    sync(shop)
    change(shop, {"data": {"extra": "eA=="}})

    sync(shop)

    assert sorted(shop.values()) == ["password", "port", "user"]


def test_what_others_put_on_it_stays_and_is_not_in_the_way(shop: Shop) -> None:
    sync(shop)
    change(shop, {"metadata": OF_OTHERS})
    shop.aws.rotate(shop.path, {"user": "pl4nted-two"})

    assert "updated" in sync(shop)

    metadata = shop.secret()["metadata"]
    for part in ("labels", "annotations"):
        assert metadata[part].items() >= OF_OTHERS[part].items()
    for part in ("finalizers", "ownerReferences"):
        assert metadata[part] == OF_OTHERS[part]


@pytest.mark.threat("The guard gets in the way")
@pytest.mark.parametrize("owner", ["", "Helm"])
def test_one_that_its_owner_handed_over(shop: Shop, owner: str) -> None:
    labels = {keys.MANAGED_BY: owner} if owner else {}
    theirs = secret("db", {"a": "pl4nted-old"}, labels=labels, annotations={keys.ADOPT: "true"})
    assert Secrets(shop.api, shop.namespace).create(theirs).status == 201

    assert "updated" in sync(shop)
    shop.aws.rotate(shop.path, {"user": "pl4nted-two"})
    assert "updated" in sync(shop)

    assert shop.secret()["metadata"]["labels"][keys.MANAGED_BY] == keys.MANAGED_BY_DEFAULT


def test_another_path(shop: Shop) -> None:
    sync(shop)
    shop.aws.put_secret(f"{shop.path}-2", {"user": "pl4nted-two"})

    sync(shop, f"{shop.path}-2")

    assert shop.secret()["metadata"]["annotations"][keys.SOURCE_PATH] == f"{shop.path}-2"


def test_another_provider(shop: Shop) -> None:
    sync(shop)
    change(shop, {"metadata": {"labels": {keys.PROVIDER: "vault"}}})

    sync(shop)

    assert shop.secret()["metadata"]["labels"][keys.PROVIDER] == "aws-secretsmanager"


def test_a_secret_that_was_deleted_meanwhile(shop: Shop) -> None:
    sync(shop)
    assert Secrets(shop.api, shop.namespace).delete("db").status == 200

    assert "created with 3 keys" in sync(shop)


def test_a_sidecar_goes_on(shop: Shop) -> None:
    pod = shop.pod("web-1", annotations={keys.MODE: "sidecar", keys.REFRESH_INTERVAL: "10s"})
    identity = AwsIdentity(shop.aws.role_arn("app"), shop.aws.region, shop.aws.url)

    with started_pod(shop.api, pod, aws=identity):
        shop.aws.rotate(shop.path, {"user": "pl4nted-two"})
        until(lambda: shop.values() == {"user": "pl4nted-two"})


@pytest.mark.threat("The guard gets in the way")
def test_a_label_that_the_guard_does_not_know_is_refused_in_a_sentence(shop: Shop) -> None:
    """JASM_MANAGED_BY was set by hand, and the chart's guard.managedBy was not."""
    ended = shop.run(shop.pod("web-1"), JASM_MANAGED_BY="platform")

    last = ended.stderr.splitlines()[-1]
    assert ended.exit_code == 5
    assert f"{DENIED}only for Secrets that carry the label" in last
    assert "docs/security.md" in last
