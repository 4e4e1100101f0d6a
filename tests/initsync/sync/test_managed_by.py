"""JASM_MANAGED_BY changes: until every pod has the new value, Secrets of both are JASM's."""

import pytest

from initsync.sync import secret, settings
from initsync.sync.retry import Retry
from initsync.sync.upsert import sync
from initsync.words import keys
from initsync.words.errors import NotManaged
from initsync.words.model import OPAQUE
from tests.initsync.sync.one_secret import TARGET, Cluster, Provider

CHANGED = {"JASM_MANAGED_BY": "acme"}


def synced(cluster: Cluster, env: dict[str, str], provider: Provider) -> str:
    """The Secret's managed-by label after a pod with these variables has started."""
    retry = Retry(lambda: 0.0, lambda _: None, lambda: 0.5, 60.0, lambda _: None)
    sync(TARGET, lambda _: provider, cluster, retry, lambda: 0.0, settings.from_env(env))
    assert cluster.stored
    return str(cluster.stored["metadata"]["labels"][keys.MANAGED_BY])


def test_a_secret_with_a_value_that_is_accepted_gets_the_new_one() -> None:
    cluster, provider = Cluster(), Provider(a="1")
    cluster.put({"a": "1"})

    also = {"JASM_ALSO_MANAGED_BY": "older, caronte"}
    assert synced(cluster, CHANGED | also, provider) == "acme"
    assert synced(cluster, {"JASM_ALSO_MANAGED_BY": "acme"}, provider) == "caronte"


def test_without_it_the_pod_does_not_start() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})

    with pytest.raises(NotManaged, match="belongs to 'caronte'"):
        synced(cluster, CHANGED, Provider(a="1"))


def test_it_makes_no_secret_of_others_jasms() -> None:
    cluster = Cluster()
    cluster.put({"a": "1"})
    assert cluster.stored
    cluster.stored["metadata"]["labels"][keys.MANAGED_BY] = "Helm"

    with pytest.raises(NotManaged, match="belongs to 'Helm'"):
        synced(cluster, CHANGED | {"JASM_ALSO_MANAGED_BY": "caronte"}, Provider(a="1"))


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_no_further_value_is_none(text: str) -> None:
    """Not the empty one, which a Secret without the label would have."""
    found = settings.from_env({"JASM_ALSO_MANAGED_BY": text})

    assert found == settings.SyncSettings()
    unlabelled = {"metadata": {"name": "db", "namespace": "shop"}}
    with pytest.raises(NotManaged):
        secret.refuse_foreign(unlabelled, OPAQUE, found.managed_by, *found.also_managed_by)
