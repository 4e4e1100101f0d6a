"""Everything that is stored in a cluster, to tell what came and what stayed."""

from collections.abc import Iterator

from initsync.testing.server import ApiServer

# Written by the cluster itself, and gone by themselves.
_PASSING = {"events", "leases"}


def inventory(api: ApiServer) -> set[str]:
    """The path of each object of each kind that can be listed."""
    return {path for root, resource in _resources(api) for path in _objects(api, root, resource)}


def _resources(api: ApiServer) -> Iterator[tuple[str, str]]:
    groups = api.request("GET", "/apis").body["groups"]
    for root in ("/api/v1", *(f"/apis/{it['preferredVersion']['groupVersion']}" for it in groups)):
        for resource in api.request("GET", root).body["resources"]:
            if "list" in resource["verbs"] and resource["name"] not in _PASSING:
                yield root, resource["name"]


def _objects(api: ApiServer, root: str, resource: str) -> Iterator[str]:
    answer = api.request("GET", f"{root}/{resource}")
    assert answer.status == 200, f"{root}/{resource}: {answer.body}"
    for item in answer.body["items"]:
        metadata = item["metadata"]
        yield f"{resource} {metadata.get('namespace', '')}/{metadata['name']}"
