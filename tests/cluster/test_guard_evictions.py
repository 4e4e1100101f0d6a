"""A pod evicts itself and nobody else, by what the API server knows of its token (D40)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from initsync.kube import rbac
from initsync.kube.access import Access
from initsync.kube.cluster import Cluster
from initsync.network.transport import Network
from initsync.network.trust import trusting
from initsync.testing import manifests
from initsync.testing.client import MERGE, Answer, Client
from initsync.testing.controlplane import ControlPlane
from initsync.words.errors import ClusterForbidden
from initsync.words.model import JsonObject, PodRef
from tests.cluster.guard import NAME, new_namespace

DENIED = f"ValidatingAdmissionPolicy '{NAME}-evictions' with binding '{NAME}-evictions' denied"
BYPASS = rbac.eviction() | {"verbs": ["create", rbac.SYNC_VERB, rbac.BYPASS_VERB]}
UNMARKED = rbac.eviction() | {"verbs": ["create"]}


def evict(client: Client, pod: JsonObject) -> Answer:
    metadata = {name: pod["metadata"][name] for name in ("name", "namespace")}
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    return client.request("POST", f"{manifests.path(pod)}/eviction", body)


def pod(api: ControlPlane, namespace: str, name: str) -> JsonObject:
    found: JsonObject = manifests.pod(namespace, name)
    found["spec"]["serviceAccountName"] = "app"
    return api.create(found)


def team(api: ControlPlane, *rules: Any) -> str:
    """A namespace whose ServiceAccount `app` has these rights."""
    namespace = new_namespace(api)
    api.create_service_account(namespace, "app")
    given: Sequence[JsonObject] = rules or (*rbac.rules("db"), rbac.eviction())
    api.allow(namespace, "app", given)
    return namespace


@pytest.mark.threat("A pod's token is stolen")
def test_a_bound_token_evicts_its_own_pod_and_not_its_neighbour(real_api: ControlPlane) -> None:
    namespace = team(real_api)
    own, neighbour = pod(real_api, namespace, "web-1"), pod(real_api, namespace, "web-2")
    thief = real_api.client(real_api.create_token(namespace, "app", pod=own))

    refused = evict(thief, neighbour)

    assert refused.status == 403
    assert DENIED in refused.body["message"]
    assert "evicting no pod but the one that asks" in refused.body["message"]
    assert real_api.get(neighbour)
    assert evict(thief, own).status == 201


@pytest.mark.threat("A pod's token is stolen")
def test_a_token_of_no_pod_evicts_nobody(real_api: ControlPlane) -> None:
    namespace = team(real_api)
    victim = pod(real_api, namespace, "web-1")

    answer = evict(real_api.client(real_api.create_token(namespace, "app")), victim)

    assert answer.status == 403
    assert DENIED in answer.body["message"]
    assert "denied request: JASM's Role is" in answer.body["message"]


@pytest.mark.threat("A pod's token is stolen")
def test_a_pod_of_the_same_name_elsewhere_is_another(real_api: ControlPlane) -> None:
    namespace, other = team(real_api), new_namespace(real_api)
    real_api.create_service_account(other, "app")
    own, victim = pod(real_api, namespace, "web-1"), pod(real_api, other, "web-1")
    role, binding = manifests.role(other, "guests", "app", [rbac.eviction()])
    binding["subjects"][0]["namespace"] = namespace
    for manifest in (role, binding):
        real_api.apply(manifest)
    user = f"system:serviceaccount:{namespace}:app"
    real_api.await_access(user, other, "create", "pods/eviction")

    answer = evict(real_api.client(real_api.create_token(namespace, "app", pod=own)), victim)

    assert answer.status == 403
    assert DENIED in answer.body["message"]


def test_what_jasm_init_makes_of_the_answers(real_api: ControlPlane) -> None:
    namespace, other = team(real_api), team(real_api, *rbac.rules("db"))
    own, foreign = pod(real_api, namespace, "web-1"), pod(real_api, other, "web-1")
    # Of one that is pending the API server itself tries a conflict again, for 10 s.
    running = {"status": {"phase": "Running"}}
    assert real_api.request("PATCH", f"{manifests.path(own)}/status", running, MERGE).status == 200

    with reached(real_api, own) as cluster:
        ref = PodRef(namespace, "web-1", own["metadata"]["uid"])
        assert not cluster.evict(ref._replace(uid="another"))
        assert real_api.get(own)
        assert cluster.evict(ref)  # it is bound to no node, and so gone at once
    with (
        reached(real_api, foreign) as cluster,
        pytest.raises(ClusterForbidden, match="give the pod's ServiceAccount create on pods/evict"),
    ):
        cluster.evict(PodRef(other, "web-1", foreign["metadata"]["uid"]))


@contextmanager
def reached(api: ControlPlane, as_pod: JsonObject) -> Iterator[Cluster]:
    """The cluster as that pod sees it."""
    namespace = as_pod["metadata"]["namespace"]
    token = api.create_token(namespace, "app", pod=as_pod)
    network = Network({}, lambda: 30.0, lambda _: None)
    access = Access(api.url, lambda: trusting(api.ca_file), lambda: f"Bearer {token}")
    try:
        yield Cluster(access.api(network), namespace)
    finally:
        network.close()


@pytest.mark.threat("The guard gets in the way")
@pytest.mark.parametrize("rule", [BYPASS, UNMARKED], ids=["bypass", "no mark"])
def test_whoever_drains_nodes_evicts_whom_it_may(real_api: ControlPlane, rule: JsonObject) -> None:
    namespace = team(real_api, rule)
    victim = pod(real_api, namespace, "web-1")

    assert evict(real_api.client(real_api.create_token(namespace, "app")), victim).status == 201


@pytest.mark.threat("The guard gets in the way")
def test_an_administrator_evicts_anybody(real_api: ControlPlane) -> None:
    victim = pod(real_api, team(real_api), "web-1")

    assert evict(real_api.client(real_api.admin_token), victim).status == 201
