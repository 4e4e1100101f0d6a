"""Everything that is stored in a cluster, to tell what came and what stayed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from initsync.testing.server import ApiServer

# Written by the cluster itself, and gone by themselves.
_PASSING = {"events", "leases"}


class _Stored(NamedTuple):
    """Where an object is."""

    root: str
    resource: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.resource} {self.namespace}/{self.name}"

    @property
    def path(self) -> str:
        place = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"{self.root}{place}/{self.resource}/{self.name}"


def inventory(api: ApiServer) -> set[str]:
    """The path of each object of each kind that can be listed."""
    return set(map(str, _stored(api)))


@contextmanager
def cleared(api: ApiServer) -> Iterator[None]:
    """What came within the block is deleted behind it: a new cluster is seconds of CPU."""
    before = _stored(api)
    yield
    for one in sorted(_stored(api) - before, key=_turn):
        api.request("DELETE", one.path)
        if one.resource == "namespaces":  # no controller ends it
            left = api.request("GET", one.path).body
            left["spec"]["finalizers"] = []
            assert api.request("PUT", f"{one.path}/finalize", left).status == 200, one


def _turn(one: _Stored) -> int:
    """What may refuse a request first, namespaces last."""
    if one.root.startswith("/apis/admissionregistration"):
        return 0
    return 2 if one.resource == "namespaces" else 1


def _stored(api: ApiServer) -> set[_Stored]:
    return {one for root, resource in _resources(api) for one in _objects(api, root, resource)}


def _resources(api: ApiServer) -> Iterator[tuple[str, str]]:
    groups = api.request("GET", "/apis").body["groups"]
    for root in ("/api/v1", *(f"/apis/{it['preferredVersion']['groupVersion']}" for it in groups)):
        for resource in api.request("GET", root).body["resources"]:
            if "list" in resource["verbs"] and resource["name"] not in _PASSING:
                yield root, resource["name"]


def _objects(api: ApiServer, root: str, resource: str) -> Iterator[_Stored]:
    answer = api.request("GET", f"{root}/{resource}")
    assert answer.status == 200, f"{root}/{resource}: {answer.body}"
    for item in answer.body["items"]:
        metadata = item["metadata"]
        yield _Stored(root, resource, metadata.get("namespace", ""), metadata["name"])
