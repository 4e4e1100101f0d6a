"""Room in a Secret that somebody filled: one JSON Patch that leaves what others may say, and ours.

No good sync loads this. Whoever may write the Secret, as a pod's stolen token may, can fill it with
keys, annotations and owners of fields of their own until applying ours to it goes beyond a limit.
"""

from typing import Any

from initsync import manifests
from initsync.errors import ClusterTooLarge
from initsync.model import JsonObject

_NAMED = 3


def operations(existing: JsonObject, wanted: JsonObject) -> list[JsonObject]:
    """A JSON Patch by which `wanted` replaces all that is JASM's to say; what others said stays.

    With them goes the record of who owns which field: of owners there may be thousands. It begins
    anew with the next apply. https://www.rfc-editor.org/rfc/rfc6902,
    https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields
    """
    metadata: dict[str, Any] = {
        "resourceVersion": existing["metadata"]["resourceVersion"],
        "managedFields": [{}],
    }
    for part, said in manifests.of_others(existing).items():
        metadata[part] = said | wanted["metadata"][part]
    values = {f"/metadata/{name}": value for name, value in metadata.items()}
    values["/data"] = wanted["data"]
    return [{"op": "add", "path": path, "value": value} for path, value in values.items()]


def explained(error: ClusterTooLarge, existing: JsonObject) -> ClusterTooLarge:
    """The failure with what is not ours to take out, and what to do."""
    others = {
        name: len(name) + len(value.encode(errors="replace"))
        for said in manifests.of_others(existing).values()
        for name, value in said.items()
    }
    largest = ", ".join(sorted(others, key=lambda name: -others[name])[:_NAMED])
    taken = f"labels and annotations of others take {sum(others.values())} bytes, most by {largest}"
    advice = f"{taken}: remove some of them, or name another secretName" if others else error.advice
    return ClusterTooLarge(error.action, error.detail, advice)
