"""What is served, and how lists are narrowed, asked of the embedded API server and of the real."""

import os
from urllib.parse import quote

import pytest

from initsync.testing import manifests
from initsync.testing.apiserver.resources import served
from initsync.testing.controlplane import ControlPlane
from initsync.testing.controlplane.binaries import VERSION, VERSION_VARIABLE
from initsync.testing.server import ApiServer
from tests.cluster.contract import of_both

pytestmark = of_both


def test_its_version_is_the_real_ones(api: ApiServer) -> None:
    tried = os.environ.get(VERSION_VARIABLE, VERSION) if isinstance(api, ControlPlane) else VERSION
    found = api.request("GET", "/version").body

    assert [found["major"], found["minor"]] == tried.split(".")[:2]
    assert found["gitVersion"].startswith(f"v{found['major']}.{found['minor']}.")


@pytest.mark.parametrize("group", sorted({it.group for it in served(None)}))
def test_each_resource_is_discovered_under_its_names(api: ApiServer, group: str) -> None:
    found = api.request("GET", f"/apis/{group}/v1" if group else "/api/v1").body

    by_name = {it["name"]: it for it in found["resources"]}
    assert found["groupVersion"] == (f"{group}/v1" if group else "v1")
    for own in served(group):
        there = by_name[own.plural]
        assert (there["kind"], there["namespaced"]) == (own.kind, own.namespaced)
        assert there["singularName"] == own.kind.lower()


def test_the_groups_are_discovered(api: ApiServer) -> None:
    found = api.request("GET", "/apis").body

    names = {it["name"]: it["preferredVersion"]["version"] for it in found["groups"]}
    assert api.request("GET", "/api").body["versions"] == ["v1"]
    assert {names[it.group] for it in served(None) if it.group} == {"v1"}


@pytest.mark.parametrize("path", ["/version", "/api", "/apis", "/apis/apps/v1"])
def test_a_service_account_discovers_as_an_administrator_does(
    api: ApiServer, namespace: str, path: str
) -> None:
    api.create_service_account(namespace, "app")
    own = api.client(api.create_token(namespace, "app"))

    assert own.request("GET", path).status == 200
    assert own.request("GET", "/nothing/here").status in (403, 404)


LABELS = {"one": {"app": "web", "tier": "a"}, "two": {"app": "api"}, "three": {}}


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=web", ["one"]),
        ("app==web", ["one"]),
        ("app!=web", ["three", "two"]),
        ("app", ["one", "two"]),
        ("!app", ["three"]),
        ("app in (web, api)", ["one", "two"]),
        ("app notin (web),app", ["two"]),
        ("app in (web,api),!tier", ["two"]),
        ("", ["one", "three", "two"]),
    ],
)
def test_a_list_by_labels(api: ApiServer, namespace: str, selector: str, names: list[str]) -> None:
    for name, labels in LABELS.items():
        made = manifests.config_map(namespace, name, {})
        made["metadata"]["labels"] = labels
        api.create(made)

    path = f"/api/v1/namespaces/{namespace}/configmaps?labelSelector={quote(selector)}"
    found = api.request("GET", path).body["items"]

    own = [it["metadata"]["name"] for it in found if it["metadata"]["name"] in LABELS]
    assert own == names


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("metadata.name=one", ["one"]),
        ("metadata.name!=one,involvedObject.name=web", ["two"]),
        ("involvedObject.name=web,reason=B", ["two"]),
        ("involvedObject.name=nobody", []),
    ],
)
def test_a_list_of_events_by_fields(
    api: ApiServer, namespace: str, selector: str, names: list[str]
) -> None:
    for name, reason in (("one", "A"), ("two", "B")):
        pod = {"kind": "Pod", "namespace": namespace, "name": "web", "apiVersion": "v1"}
        metadata = {"namespace": namespace, "name": name}
        event = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "reason": reason}
        api.create(event | {"involvedObject": pod, "type": "Normal"})

    path = f"/api/v1/namespaces/{namespace}/events?fieldSelector={quote(selector)}"
    found = api.request("GET", path).body["items"]

    assert [it["metadata"]["name"] for it in found] == names


@pytest.mark.parametrize("selector", ["app=(", "a=b=c"])
def test_a_selector_that_is_none_is_refused(api: ApiServer, selector: str) -> None:
    answer = api.request("GET", f"/api/v1/pods?labelSelector={quote(selector)}")

    assert (answer.status, answer.body["reason"]) == (400, "BadRequest")
